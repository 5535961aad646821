// Mosquitto that requires TLS and a certificate of each client, as a child process.
#pragma once

#include "child_process.hpp"

#include <cstdint>
#include <filesystem>

namespace loadsim::bench {

/// Configured as target::mosquitto in all else. Errors: std::runtime_error.
class tls_broker {
public:
    /// Waits until it listens. `certificates`: folder of `loadsim certificates create`; `folder`: for configuration and log.
    tls_broker(const std::filesystem::path& certificates, const std::filesystem::path& folder);
    std::uint16_t port() const noexcept { return port_; }

private:
    std::uint16_t port_;
    harness::child_process process_;
};

} // namespace loadsim::bench
