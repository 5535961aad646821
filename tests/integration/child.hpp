// A server of somebody else's, for a test to talk to.
#pragma once

#include "scratch.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace stage {

/// Runs from the constructor on, in a folder of its own. Killed with the test, and by the destructor; it has to be one process, or
/// to see to the others itself. Threads: the one that made it.
class child {
public:
    /// `words`: the program, looked for in PATH, and its arguments; "{folder}" in them stands for its folder.
    explicit child(std::vector<std::string> words);
    ~child();
    child(const child&) = delete;
    child& operator=(const child&) = delete;

    bool running();
    std::string said() const; ///< so far, on stdout and stderr

private:
    scratch folder_;
    pid_t process_ = 0;
};

} // namespace stage
