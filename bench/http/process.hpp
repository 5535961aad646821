// Child processes: start, wait, resource usage.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace loadsim::bench {

/// CPU core that a process is pinned to, so that client and server do not migrate. Ignored on a single-core machine.
enum class core : int { client = 0, server = 1 };

struct process_result {
    int exit_code = 0;  ///< 128 + signal number when killed by a signal
    double cpu_s = 0;   ///< user and system time of the process
    double wall_s = 0;  ///< from start to exit
    std::string output; ///< standard output
};

/// Starts `command` (from PATH or /usr/sbin) and waits for its exit. Errors: std::runtime_error when it cannot be started.
process_result run(const std::vector<std::string>& command, core);

/// Process owned by this object: stopped with SIGTERM by the destructor, killed by the kernel when this process dies.
class child_process {
public:
    child_process(const std::vector<std::string>& command, core);
    ~child_process();
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;

    bool has_ended();

private:
    std::optional<pid_t> pid_;
};

} // namespace loadsim::bench
