// Ctrl-C, SIGTERM and SIGHUP for commands that run until they are stopped.
#pragma once

#include <loadsim/base/signals.hpp>

#include <csignal>

namespace loadsim::app {

/// Blocks SIGINT, SIGTERM and, unless it is ignored, SIGHUP, which stay pending for wait(). Construct before any thread
/// starts: threads inherit the mask.
class blocked_stop_signals {
public:
    blocked_stop_signals() {
        sigemptyset(&all_);
        sigaddset(&all_, SIGINT);
        sigaddset(&all_, SIGTERM);
        if (!ignores_hangup()) sigaddset(&all_, SIGHUP);
        pthread_sigmask(SIG_BLOCK, &all_, nullptr);
    }
    /// Blocks until one of the signals arrives.
    void wait() const {
        int number = 0;
        sigwait(&all_, &number);
    }

private:
    sigset_t all_{};
};

} // namespace loadsim::app
