// Runs in processes of their own, and commands of the user between them, one after the other.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

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
    /// Returns after the end of the process. `environment`: takes precedence over that of this process.
    ended_process run(std::vector<std::string> arguments,
                      std::vector<std::pair<std::string, std::string>> environment = {});

    struct shell_command {
        std::string text; ///< for /bin/sh -c
        std::vector<std::pair<std::string, std::string>> environment{};
        std::filesystem::path output; ///< file that its standard output and standard error are appended to
        nanoseconds timeout{};
        bool outlasts_first_signal = false; ///< only a second stop signal of this process ends it
    };
    enum class command_end : std::uint8_t { exited, timed_out, stopped };
    struct ended_command {
        command_end how{};
        int exit_code = 0; ///< 128 + n: signal n ended it
    };
    /// Returns after the end of the command; processes that it leaves in the background stay. After the time-out and at one of the
    /// signals, all processes of its group are ended: by SIGTERM, and by SIGKILL five seconds later or at the next signal. A signal that
    /// came before the start counts for stop_signal() alone.
    /// Errors: the output cannot be written, or no process can be created.
    result<ended_command> run_shell(const shell_command&);

    /// The first of the signals so far; 0: none.
    int stop_signal();

private:
    /// Sets the exit code of the leader, unless it is set.
    void end_group(pid_t leader, std::optional<int>& exit_code);

    sigset_t stop_signals_{};
    int first_ = 0;
};

/// The worse of `code` and that of the stop signal, if one came.
verdict::exit_code with_stop_signal(verdict::exit_code code, run_processes&);

} // namespace loadsim::app
