// Local nginx as the HTTP server of the comparison.
#pragma once

#include "process.hpp"
#include "temporary_folder.hpp"

#include <cstdint>
#include <optional>

namespace loadsim::bench {

/// nginx with one worker on a free loopback port; responds to every request with 202 and a new request id. Keeps connections open,
/// writes no access log, stops with this object.
class nginx {
public:
    /// Errors: std::runtime_error when nginx does not start.
    nginx();

    std::uint16_t port() const { return port_; }

private:
    bool try_start();

    harness::temporary_folder folder_;
    std::uint16_t port_ = 0;
    std::optional<harness::child_process> process_;
};

} // namespace loadsim::bench
