// For commands that run until they are stopped.
#pragma once

#include <csignal>

namespace loadsim::app {

/// Blocks Ctrl-C and SIGTERM. Before any thread starts: they inherit it, and the signal waits for wait().
class stop_signals {
public:
    stop_signals() {
        sigemptyset(&all_);
        sigaddset(&all_, SIGINT);
        sigaddset(&all_, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &all_, nullptr);
    }
    /// Until one of them comes.
    void wait() const {
        int number = 0;
        sigwait(&all_, &number);
    }

private:
    sigset_t all_{};
};

} // namespace loadsim::app
