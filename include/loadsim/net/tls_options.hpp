// Options of TLS connections.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::net {

/// Verification of the server's certificate. `chain`: signed by a trusted CA and valid now; `full`: also its names.
enum class tls_verification : std::uint8_t { full, chain, none };
enum class tls_version : std::uint8_t { v1_0, v1_1, v1_2, v1_3 };
/// Which earlier session shortens a handshake: none, the last one with the same server address, or the vehicle's own.
enum class tls_resumption : std::uint8_t { none, endpoint, vehicle };

/// File names, PEM format.
struct tls_options {
    std::string ca{};           ///< trusted CAs; empty: the system's
    std::string certificate{};  ///< client certificate with its chain; empty: none
    std::string key{};          ///< private key of the certificate; empty: in the same file
    std::string pkcs12{};       ///< file with both, instead of them
    std::string key_password{}; ///< of an encrypted key or PKCS#12 file; empty: it is not encrypted
    tls_verification verify = tls_verification::full;
    std::string server_name{};       ///< for SNI and the verification; empty: the URL's host
    std::vector<std::string> alpn{}; ///< protocols that are offered, in order of preference; empty: no extension
    tls_version min_version = tls_version::v1_2;
    tls_version max_version = tls_version::v1_3;
    std::string ciphers{}; ///< OpenSSL's list; names of TLS 1.3 and older ones may be mixed; empty: OpenSSL's default
    std::string groups{};  ///< OpenSSL's list; empty: its default
    tls_resumption resumption = tls_resumption::none;
    friend bool operator==(const tls_options&, const tls_options&) = default;
};

} // namespace loadsim::net
