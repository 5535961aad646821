// Certificates and private keys of the user's files.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/certificate/authority.hpp>
#include <loadsim/certificate/certificate.hpp>

#include <string>

namespace loadsim::certificate {

struct credential_files {
    std::string certificate{};  ///< PEM, with its chain behind it; empty: in `pkcs12`
    std::string key{};          ///< PEM; empty: in the same file
    std::string pkcs12{};       ///< file with certificate, chain and key; empty: PEM files
    std::string key_password{}; ///< of an encrypted key or PKCS #12 file; empty: it is not encrypted
};

/// Errors: located by the file: it is absent, unreadable, no certificate or key, encrypted, or certificate and key do not belong
/// together. Threads: any.
result<credentials> read_credentials(const credential_files&);
/// A CA of the user: PEM files; the certificates of the CAs above it are behind its own. Errors: as above, and those of
/// parse_authority().
result<authority> read_authority(const credential_files&);

} // namespace loadsim::certificate
