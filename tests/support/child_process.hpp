// Child process of a test or benchmark, and its resource usage.
#pragma once

#include <loadsim/base/child_process.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace harness {

struct process_result {
    int exit_code = 0;            ///< 128 + n after signal n
    double cpu_s = 0;             ///< user and system time
    std::uint64_t peak_bytes = 0; ///< resident
};

/// Killed by the destructor and with this process; must be a single process or end its own children.
/// Threads: the constructing one.
class child_process {
public:
    /// A program without '/' is searched in PATH and in the folders of servers. Errors: std::runtime_error when it is not found
    /// or cannot be started.
    explicit child_process(loadsim::child_options);
    /// Appends output and errors to the log.
    child_process(std::vector<std::string> command, const std::filesystem::path& log);
    ~child_process();
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    pid_t pid() const noexcept { return pid_; }
    bool running();
    void signal(int) const; ///< no effect after the exit was seen
    /// nullopt: still running after the timeout.
    std::optional<int> exit_code(std::chrono::milliseconds timeout);
    process_result wait(); ///< without limit

private:
    bool reap(int options);

    pid_t pid_ = -1;
    std::optional<process_result> result_;
};

/// Runs a program to its end and appends what it prints to `output`.
process_result run(loadsim::child_options, std::string& output);

} // namespace harness
