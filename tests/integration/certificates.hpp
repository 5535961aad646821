// Certificates of our own, made on the fly.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace stage {

/// A CA that signs for as long as a test lasts. Files in PEM, in the folder that it is given.
class certificate_authority {
public:
    certificate_authority(std::filesystem::path folder, std::string name);
    ~certificate_authority();

    std::string file() const; ///< of its own certificate
    /// NAME.pem and NAME.key; `alternative`: who it is for, such as "DNS:localhost,IP:127.0.0.1".
    struct issued {
        std::string certificate, key;
    };
    issued issue(const std::string& name, const std::string& alternative);

private:
    struct parts;
    std::filesystem::path folder_;
    std::string name_;
    std::unique_ptr<parts> parts_;
    long serial_ = 1;
};

} // namespace stage
