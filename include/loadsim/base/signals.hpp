// Signals that stop the program, SIGINT, SIGTERM and SIGHUP, while no run handles them.
#pragma once

#include <csignal>

namespace loadsim {

/// True: the process ignores SIGHUP since its start (nohup), and must not handle it.
inline bool ignores_hangup() {
    struct sigaction current {};
    return ::sigaction(SIGHUP, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

/// Call first in main(). A stop signal ends the program at once with a sentence and the exit code of a run that it cuts short: 130
/// for SIGINT, 4 for another one. What handles signals itself replaces this, such as a run.
void handle_early_signals();

/// Call when the result is known: a stop signal no longer ends the program, which is about to end. It is kept for
/// take_late_signal().
void keep_late_signals();

/// Keeps a stop signal that came otherwise. Threads: any.
void keep_late_signal(int number);

/// The first signal that was kept since the last call; 0: none.
int take_late_signal();

} // namespace loadsim
