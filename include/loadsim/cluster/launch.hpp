// Launcher of a run's ranks: this program under mpirun.
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
    std::string hostfile;             ///< for mpirun, lines of "host slots=4"; empty: all ranks on this host
    std::vector<std::string> command; ///< program and arguments of each rank
    std::vector<std::pair<std::string, std::string>> environment; ///< set in each rank, on other hosts too
};

/// mpirun's arguments, without the program name. Ranks are not bound to cores, since each has several threads. Without a host
/// file ranks may exceed cores; with one its slots are the limit. Holds only the names of `environment`: launch() sets the
/// values in mpirun's environment, and mpirun forwards them.
std::vector<std::string> mpirun_arguments(const launch_options&, bool root);

/// Environment of mpirun: the values of `environment`, and of parameters that Open MPI 4 and 5 call differently.
std::vector<std::pair<std::string, std::string>> mpirun_environment(const launch_options&);

struct launch_result {
    /// That of rank 0, or mpirun's; 128 + n: terminated by signal n; with an error after a stop signal: stop_exit_code();
    /// 127: mpirun not found.
    int exit_code = 0;
    std::string error; ///< sentence derived from mpirun's output; empty: the ranks have reported the error themselves
    bool started = false;       ///< at least one rank had started
    bool stopped_early = false; ///< by a signal, before all ranks had started
    std::string output;         ///< stderr of mpirun and the libraries, at most 256 KiB
};

/// Runs mpirun and returns after its exit.
///
/// Its stdout is forwarded at once (forward_output()). Of stderr only the ranks' own lines ("loadsim: ...") are forwarded; the
/// rest is in `output`.
/// Signals: SIGINT, SIGTERM and SIGHUP (unless it is ignored), as stop_decision decides. All ranks get SIGUSR1 to drain after
///          SIGINT, SIGUSR2 after the other two; the other one of these then, to end the drain. Both are repeated every second,
///          since mpirun loses them while it starts ranks; a rank must ignore repetitions. Ranks that do not end by themselves
///          soon after a second SIGINT are terminated. Previous signal handlers are restored. mpirun has its own process group,
///          so that Ctrl-C reaches this process only; it terminates together with this process.
/// Errors:  no process or pipe can be created. A missing mpirun gives a launch_result with error.
/// Threads: the caller's; one launch at a time.
result<launch_result> launch(const launch_options&);

/// Sentence derived from mpirun's output and exit code: cause and remedy. Empty: no error, or a rank exited with an error code
/// and has printed the cause itself.
std::string diagnose(std::string_view output, int exit_code);

} // namespace loadsim::cluster
