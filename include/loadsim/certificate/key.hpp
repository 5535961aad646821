// Private keys that follow from a seed and a name, so that none need be stored.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/certificate/certificate.hpp>

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <string_view>

namespace loadsim::certificate {

enum class key_type : std::uint8_t {
    p256,
    p384,
    rsa2048, ///< takes 0.1 s of CPU to make: for small fleets
    rsa1024, ///< too weak, for certificate_fault::weak_key
    ed25519
};
BOOST_DESCRIBE_ENUM(key_type, p256, p384, rsa2048, rsa1024, ed25519)

/// The key of a name, such as "vehicle/LZ9…". Not a secret: whoever has the seed, which reports contain, can make it.
///
/// EC and Ed25519: of the SHA-512 of type, seed and name; the same with every version of OpenSSL. RSA: OpenSSL's key generation with
/// random bytes that follow from that hash; another version of OpenSSL may use them differently.
/// Threads: any.
key_handle derive_key(key_type, std::uint64_t seed, std::string_view name);

} // namespace loadsim::certificate
