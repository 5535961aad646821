// Runs in processes of their own, one after the other.
#pragma once

#include <csignal>
#include <string>
#include <vector>

namespace loadsim::app {

/// Starts this program with other arguments, and passes SIGINT, SIGTERM and, unless it is ignored, SIGHUP on to it. Between two
/// processes these signals stay pending. Construct before any thread starts: threads inherit the mask. The processes die with this one.
class run_processes {
public:
    run_processes();

    struct ended_process {
        int exit_code = 0;    ///< 128 + n: signal n ended it
        std::string output{}; ///< its standard output, at most 1 MiB
        std::string errors{}; ///< its standard error, at most 1 MiB
    };
    /// Returns after the end of the process.
    ended_process run(std::vector<std::string> arguments);

    /// The first of the signals so far; 0: none.
    int stop_signal();

private:
    sigset_t stop_signals_{};
    int first_ = 0;
};

} // namespace loadsim::app
