// Starting a run's ranks: this program again, under mpirun.
#pragma once

#include <loadsim/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::cluster {

struct launch_options {
    std::uint32_t ranks = 1;
    std::string hostfile;             ///< mpirun's, "host slots=4" a line; empty: all ranks here
    std::vector<std::string> command; ///< program and arguments of each rank
    std::vector<std::pair<std::string, std::string>> environment; ///< set in each rank, on other hosts too
};

/// mpirun's arguments, without its own name. Ranks are not bound to cores, each has several threads. Without a host file
/// there may be more ranks than cores; with one its slots hold. The values of `environment` are not in them: launch() hands
/// them to mpirun, which passes on those that are named.
std::vector<std::string> mpirun_arguments(const launch_options&, bool root);

struct launch_result {
    int exit_code =
        0; ///< mpirun's own, 128 + n when a signal n ended it; 130 after a second Ctrl-C; 127 where there is none
    std::string
        trouble; ///< one sentence of ours, made of what mpirun said; empty: nothing to add to what the ranks said
    bool started = false; ///< at least one rank had begun
    std::string words;    ///< what mpirun and the libraries wrote to stderr, at most 256 KiB
};

/// Starts mpirun and returns when it is gone.
///
/// stdout is ours. Of stderr only the ranks' own sentences ("loadsim: ...") are passed on, as they come; the rest is in words.
/// Signals: the first SIGINT makes all ranks drain (they get SIGUSR1), SIGTERM too (SIGUSR2); the second SIGINT ends them, after
/// 3 s by SIGKILL. Draining ranks get their signal again every second, for mpirun loses the first one while it still starts
/// ranks: to a rank that drains already it must mean nothing new. What was set up for these signals before is so again afterwards. mpirun is in a process group of its own,
/// so that Ctrl-C in a terminal comes only here, and ends when this process does.
/// Errors:  there is no process or pipe to be had. That mpirun is missing is a launch_result with trouble.
/// Threads: the caller's; one launch at a time.
result<launch_result> launch(const launch_options&);

/// The sentence for what mpirun wrote, with its exit code: what is wrong and what to do about it. Empty when nothing is, or
/// when it was a rank that ended with a code of its own: it has said why.
std::string diagnose(std::string_view words, int exit_code);

} // namespace loadsim::cluster
