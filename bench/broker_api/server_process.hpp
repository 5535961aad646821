// One of the compared servers as a child process, and what it cost.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <string>

namespace loadsim::bench {

struct process_cost {
    double cpu_s = 0;       ///< user and system time
    std::uint64_t peak = 0; ///< resident bytes
    double rest_s = 0;      ///< from the end of the load to the last word's answer
    std::uint64_t words_posted = 0;
    std::uint64_t words_dropped = 0; ///< too many waited
};

/// This program again, told to serve(). Errors: std::runtime_error when it does not come up.
class server_process {
public:
    server_process(const std::string& what, const std::string& inbound);
    server_process(const server_process&) = delete;
    server_process& operator=(const server_process&) = delete;
    ~server_process();

    std::uint16_t port() const { return port_; }
    /// Ends it. Once.
    process_cost end();

private:
    pid_t pid_ = -1;
    int stdin_ = -1;
    std::FILE* said_ = nullptr;
    std::uint16_t port_ = 0;
};

} // namespace loadsim::bench
