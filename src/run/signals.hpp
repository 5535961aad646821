// Stop signals of a run, as a waitable object.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace loadsim::run {

/// Threads: one.
class stop_signals {
public:
    enum class kind : std::uint8_t { none, interrupt, terminate };

    virtual ~stop_signals() = default;
    /// Blocks until the given time (false), or until a signal that no earlier call has returned for (true).
    virtual bool wait_until(monotonic_time) = 0;
    virtual kind requested() const = 0;
    /// The process must end without a drain.
    virtual bool aborted() const = 0;
    virtual std::string abort_reason() const = 0; ///< part of a sentence

    bool any() const { return requested() != kind::none || aborted(); }
};

/// Handles the process's stop signals during the lifetime of the result. SIGHUP is handled as SIGTERM, unless the process
/// was started to ignore it (nohup). Single process: SIGINT and SIGTERM; the first one counts, a later SIGTERM aborts the run, a
/// later SIGINT ends the process at once with 130. At the end of the result's lifetime the result of the run is known: signals are
/// then kept (keep_late_signals()), and the next object handles them. Rank: the launcher forwards SIGUSR1 (interrupt) and SIGUSR2
/// (terminate) to all ranks; its SIGTERM announces SIGKILL within about a second, because a rank died or the launcher was stopped.
std::unique_ptr<stop_signals> handle_stop_signals(bool as_rank);

} // namespace loadsim::run
