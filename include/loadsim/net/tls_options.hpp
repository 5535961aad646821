// Options of TLS connections.
#pragma once

#include <string>

namespace loadsim::net {

/// File names, PEM format. Host name and certificate chain are always verified.
struct tls_options {
    std::string ca{};          ///< trusted CAs; empty: the system's
    std::string certificate{}; ///< client certificate with its chain; empty: none
    std::string key{};         ///< private key of the certificate; empty: in the same file
    friend bool operator==(const tls_options&, const tls_options&) = default;
};

} // namespace loadsim::net
