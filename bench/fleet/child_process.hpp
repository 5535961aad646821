// Child process of a program under measurement.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace loadsim::bench {

/// Shape:   standard output and error go to NAME.out and NAME.err in the given folder.
/// Errors:  std::runtime_error, as in the whole benchmark: a failed run has no valid measurements and is discarded.
/// Threads: one. The child is killed when this object is destroyed or this process dies.
class child_process {
public:
    child_process(std::string name, const std::vector<std::string>& command, std::filesystem::path folder);
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;
    ~child_process();

    pid_t pid() const noexcept { return pid_; }
    std::string output() const { return contents(".out"); }
    std::string errors() const { return contents(".err"); }
    /// Throws when the process has ended although the caller still waits for its progress.
    void require_running();
    /// Throws unless the process exits with code 0 in time.
    void await_end(std::chrono::seconds timeout);

private:
    std::string contents(const char* ending) const;
    bool reap();

    std::string name_;
    std::filesystem::path folder_;
    pid_t pid_ = -1;
    bool ended_ = false;
    int status_ = 0;
};

} // namespace loadsim::bench
