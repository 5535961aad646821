// Another program: started, waited for, and what it cost.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace loadsim::bench {

/// Keeps a process on one core, so that neither side of a comparison moves about. Not done where there is only one.
enum class core : int { client = 0, server = 1 };

struct process_figures {
    int exit_code = 0;  ///< 128 and the signal's number when one ended it
    double cpu_s = 0;   ///< user and system time of that process alone
    double wall_s = 0;  ///< from its start to its end
    std::string output; ///< standard output
};

/// Starts `command` (found in PATH or in /usr/sbin) and waits for its end. Errors: std::runtime_error when it cannot be started.
process_figures run(const std::vector<std::string>& command, core);

/// A process that lives as long as this: ended with SIGTERM, and by the kernel should we die first.
class child {
public:
    child(const std::vector<std::string>& command, core);
    ~child();
    child(const child&) = delete;
    child& operator=(const child&) = delete;

    bool has_ended();

private:
    std::optional<pid_t> pid_;
};

} // namespace loadsim::bench
