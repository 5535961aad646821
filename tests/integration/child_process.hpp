// Third-party server process, run by a test.
#pragma once

#include "temporary_folder.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace harness {

/// Child process, started by the constructor with its own folder. Killed by the destructor and with the test process; must be
/// a single process or end its own children. Threads: the constructing one.
class child_process {
public:
    /// `command`: program, searched in PATH, and arguments; "{folder}" in them is replaced by the path of the folder.
    explicit child_process(std::vector<std::string> command);
    ~child_process();
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    bool running();
    std::string output() const; ///< of stdout and stderr so far

private:
    temporary_folder folder_;
    pid_t process_ = 0;
};

} // namespace harness
