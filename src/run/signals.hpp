// Stop signals of a run, as a waitable object.
#pragma once

#include <loadsim/base/stop_decision.hpp>
#include <loadsim/base/time.hpp>

#include <memory>
#include <string>

namespace loadsim::run {

/// Threads: one.
class stop_signals {
public:
    using kind = stop_signal;

    virtual ~stop_signals() = default;
    /// Blocks until the given time (false), or until a signal that no earlier call has returned for (true).
    virtual bool wait_until(monotonic_time) = 0;
    virtual kind requested() const = 0;
    /// The process must end without a drain.
    virtual bool aborted() const = 0;
    virtual std::string abort_reason() const = 0; ///< part of a sentence
    /// The launcher kills this process within about a second.
    virtual bool killed_soon() const = 0;

    bool any() const { return requested() != kind::none || aborted(); }
};

/// Handles the process's stop signals during the lifetime of the result, each as stop_decision decides. SIGHUP is handled as
/// SIGTERM, unless the process was started to ignore it (nohup). At the end of the result's lifetime the result of the run is
/// known: signals are then kept (keep_late_signals()), and the next object handles them. Rank: the launcher forwards SIGUSR1
/// (interrupt) and SIGUSR2 (terminate) to all ranks; its SIGTERM announces SIGKILL within about a second, because a rank died or
/// the launcher was stopped.
std::unique_ptr<stop_signals> handle_stop_signals(bool as_rank);

} // namespace loadsim::run
