#include "run_with_hooks.hpp"

#include "stages.hpp"

namespace loadsim::run {

std::function<bool()> make_stop_check(const stop_signals& signals) {
    return [&signals] { return signals.requested() != stop_signals::kind::none || signals.aborted(); };
}

void run_after_hooks(local_generator& local, const std::function<void(const std::string&)>& on_notice) {
    if (const auto hooks_done = local.run_after_hooks([] { return false; }); !hooks_done)
        on_notice("after the load: " + to_string(hooks_done.error()));
}

run_end run_with_hooks(local_generator& local, generator& all, stop_signals& signals, const listener& callbacks,
                       const time_source& time) {
    if (const auto hooks_done = local.run_before_hooks(make_stop_check(signals)); !hooks_done)
        return {hooks_done, false};
    run_stages stages(local.plan(), all, signals, callbacks, time);
    const auto status = stages.run();
    if (status && !stages.aborted()) run_after_hooks(local, callbacks.on_notice);
    return {status, stages.aborted()};
}

} // namespace loadsim::run
