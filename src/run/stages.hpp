// Stages of a run: hooks before the load, connect, load, drain, finish, hooks after the load.
#pragma once

#include "generator.hpp"
#include "signals.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/run/listener.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace loadsim::run {

struct load_sequence;

inline constexpr nanoseconds progress_interval = std::chrono::seconds{1};
inline constexpr nanoseconds poll_interval = std::chrono::milliseconds{100}; ///< while waiting for progress

struct run_end {
    result<void> status;  ///< error: the load could not start
    bool aborted = false; ///< the run was aborted without drain
};

/// `while_waiting`: called often, until the hooks have ended.
result<void> run_before_hooks(generator&, const stop_signals&, const std::function<void()>& while_waiting);
/// The same. A failure is only a notice: the verdict of the run is final already.
result<void> run_after_hooks(generator&, const std::function<void()>& while_waiting);

/// Time after the drain in which messages are still received: at least `at_least`, and until `complete` or `at_most`.
struct linger_time {
    nanoseconds at_least{0}, at_most{0};
    std::function<bool()> complete{}; ///< not called if `at_most` is 0
};

/// Runs all stages on the generator. Reports progress once a second, and the result. Blocks. `sequence`: its loads take the place of
/// the plan's, each with its drain; null: none.
run_end run_stages(generator&, stop_signals&, const listener&, const time_source&, const linger_time& = {},
                   const load_sequence* sequence = nullptr);

} // namespace loadsim::run
