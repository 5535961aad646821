// Effect of the stop signals of a run, one after the other: SIGINT (Ctrl-C), SIGTERM and SIGHUP.
#pragma once

#include <cstdint>

namespace loadsim {

enum class stop_signal : std::uint8_t {
    none,
    interrupt, ///< SIGINT
    terminate  ///< SIGTERM or SIGHUP
};

enum class stop_effect : std::uint8_t {
    none,       ///< the run ends already
    drain,      ///< no more arrivals; what is in flight may complete
    end_drain,  ///< ends the drain; the report has what was seen until then
    end_process ///< ends the process at once
};

/// Exit code of a run that was stopped; `first`: the first of its stop signals.
constexpr int stop_exit_code(stop_signal first) { return first == stop_signal::interrupt ? 130 : 4; }

/// Decides the effect of each stop signal by those before it:
///
///     first       second                 effect of the second
///     interrupt   interrupt              end_process
///     interrupt   terminate              end_drain
///     terminate   interrupt, terminate   end_drain
///
/// After the end of the drain an interrupt ends the process; a terminate has no further effect. Pure.
class stop_decision {
public:
    stop_effect on(stop_signal);
    /// The same for a rank: the launcher repeats the first signal, and forwards the other one for a second signal of either kind.
    stop_effect on_forwarded(stop_signal);

    stop_signal first() const noexcept { return first_; } ///< none: no signal yet
    bool aborted() const noexcept { return aborted_; }

private:
    stop_signal first_ = stop_signal::none;
    bool aborted_ = false;
};

} // namespace loadsim
