// Child process of a program under measurement.
#pragma once

#include "child_process.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace loadsim::bench {

/// Shape:   standard output and error go to NAME.out and NAME.err in the given folder.
/// Errors:  std::runtime_error, as in the whole benchmark: a failed run has no valid measurements and is discarded.
/// Threads: one. The child is killed when this object is destroyed or this process dies.
class measured_process {
public:
    measured_process(std::string name, const std::vector<std::string>& command, std::filesystem::path folder);

    pid_t pid() const noexcept { return process_.pid(); }
    std::string output() const;
    std::string errors() const;
    /// Throws when the process has ended although the caller still waits for its progress.
    void require_running();
    /// Throws unless the process exits with code 0 in time.
    void await_end(std::chrono::seconds timeout);

private:
    std::filesystem::path file(const char* ending) const { return folder_ / (name_ + ending); }

    std::string name_;
    std::filesystem::path folder_;
    harness::child_process process_;
};

} // namespace loadsim::bench
