// Test certificates, generated at run time.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace harness {

/// Certificate authority of one test. Writes PEM files into the given folder.
class certificate_authority {
public:
    certificate_authority(std::filesystem::path folder, std::string name);
    ~certificate_authority();

    std::string file() const; ///< the CA certificate
    /// Paths of NAME.pem and NAME.key; `alternative`: subject alternative name, such as "DNS:localhost,IP:127.0.0.1".
    struct issued {
        std::string certificate, key;
    };
    /// `valid_until`: seconds from now.
    issued issue(const std::string& name, const std::string& alternative, long valid_until = 86'400);

private:
    struct impl;
    std::filesystem::path folder_;
    std::string name_;
    std::unique_ptr<impl> impl_;
    long serial_ = 1;
};

} // namespace harness
