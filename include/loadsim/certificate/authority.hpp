// Certificate authorities: made from a seed, or read from the user's files.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/certificate/certificate.hpp>
#include <loadsim/certificate/key.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::certificate {

/// 16 bytes, big endian: a hash of all that the certificate is made of. Positive, the first byte is not 0.
using serial_number = std::array<std::uint8_t, 16>;

/// A CA certificate with its key. Threads: const, any.
///
/// All signatures are a function of key and content. Those of RSA (PKCS #1) and Ed25519 are so by definition. ECDSA and RSA-PSS use
/// random numbers: the signing keys belong to an OpenSSL library context of their own whose random generator is TEST-RAND, and before
/// each signature this gets bytes derived from the CA's private key and the content, as in RFC 6979. Two contents never share a
/// nonce, which would reveal the key. OpenSSL hashes key and content into an ECDSA nonce, too; another version may do that
/// differently, and the signatures then have other bytes, equally valid. TLS uses OpenSSL's default context and real random numbers.
struct authority {
    certificate_handle certificate;
    key_handle key; ///< of the signing context: for signatures on certificates and CRLs only
    /// Certificates that go along with those it issues: its own and those of the CAs above, without the root. Empty: it is a root.
    std::vector<certificate_handle> chain;
    std::string nonce_secret; ///< 32 bytes, a function of the key
};

struct authority_options {
    std::string subject = "CN=loadsim test CA"; ///< RFC 4514
    key_type key = key_type::p256;
    validity valid;
    std::uint64_t seed = 1;
};

/// A self-signed root CA. Errors: the subject.
result<authority> make_root(const authority_options&);
/// A CA whose certificate `issuer` signs; pathLenConstraint 0. Errors: the subject.
result<authority> make_intermediate(const authority& issuer, const authority_options&);

/// Validity of the CA of a run, and of what it issues for the run's servers.
inline constexpr validity run_validity{std::chrono::sys_days(std::chrono::year(2020) / 1 / 1),
                                       std::chrono::sys_days(std::chrono::year(2100) / 1 / 1)};
/// Root CA of all certificates that a run makes for itself: a function of the seed alone, so that all ranks have the same one.
authority run_authority(std::uint64_t seed);

/// A file of the user that has been read.
struct named_text {
    std::string name; ///< location of problems
    std::string_view text;
};
/// CA of the user: PEM with the certificate of the CA first and those of the CAs above it behind; PEM with its key. Errors: no
/// certificate, not that of a CA, no key, a key of another certificate, an encrypted key without its password.
result<authority> parse_authority(const named_text& certificates, const named_text& key,
                                  const std::string& password = {});

/// CRL (version 2) of the CA. Its number is `now` in seconds since 1970.
result<crl_handle> make_crl(const authority&, std::span<const serial_number> revoked, std::chrono::sys_seconds now,
                            std::chrono::sys_seconds next_update);

} // namespace loadsim::certificate
