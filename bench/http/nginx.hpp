// The small local server of the comparison.
#pragma once

#include "process.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>

namespace loadsim::bench {

/// nginx, one worker on a free loopback port, which answers everything with 202 and a new request id. Keeps connections for
/// ever, logs nothing, ends with us.
class nginx {
public:
    /// Errors: std::runtime_error when it does not come up.
    nginx();
    ~nginx();
    nginx(const nginx&) = delete;
    nginx& operator=(const nginx&) = delete;

    std::uint16_t port() const { return port_; }

private:
    bool come_up();

    std::filesystem::path folder_;
    std::uint16_t port_ = 0;
    std::unique_ptr<child> process_;
};

} // namespace loadsim::bench
