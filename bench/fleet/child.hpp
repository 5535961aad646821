// A program under measurement, as a process of its own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace loadsim::bench {

/// Shape:   standard output and error go to files in the folder given, NAME.out and NAME.err.
/// Errors:  std::runtime_error with a sentence, here and in all of the benchmark: it ends the benchmark, for what a run that
///          went wrong has measured is worth nothing.
/// Threads: one. Killed when this object ends before it does, or when this process dies.
class child {
public:
    child(std::string name, const std::vector<std::string>& command, std::filesystem::path folder);
    child(const child&) = delete;
    child& operator=(const child&) = delete;
    ~child();

    pid_t pid() const noexcept { return pid_; }
    std::string output() const { return contents(".out"); }
    std::string errors() const { return contents(".err"); }
    /// Throws when it has ended: somebody waits for it to do something first.
    void must_run();
    /// Throws unless it ends by itself in time, with 0.
    void await_end(std::chrono::seconds within);

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
