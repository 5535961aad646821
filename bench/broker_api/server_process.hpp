// Child process of one compared server, and its resource usage.
#pragma once

#include "child_process.hpp"

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

namespace loadsim::bench {

struct server_usage {
    double cpu_s = 0;             ///< user and system time
    std::uint64_t peak_bytes = 0; ///< resident bytes
    double drain_s = 0;           ///< from the end of the load to the acknowledgement of the last response
    std::uint64_t responses_posted = 0;
    std::uint64_t responses_dropped = 0; ///< queue full
};

/// This program started again with --serve. Errors: std::runtime_error when the server does not start.
class server_process {
public:
    server_process(const std::string& server_kind, const std::string& inbound);

    std::uint16_t port() const { return port_; }
    /// Stops the server and returns its usage. To be called once.
    server_usage stop();

private:
    std::optional<harness::child_process> process_;
    int stdin_ = -1;
    std::FILE* output_ = nullptr;
    std::uint16_t port_ = 0;
};

} // namespace loadsim::bench
