// Callbacks of a run, and its start.
#pragma once

#include <loadsim/base/time.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace loadsim::measure {
struct progress;
struct run_result;
} // namespace loadsim::measure

namespace loadsim::run {

/// Start of a run on both clocks: the one instant that report, timeline and log count from. The set-up follows.
struct run_start {
    std::chrono::system_clock::time_point utc = std::chrono::system_clock::now();
    monotonic_time at = steady_time{}.now();
};

/// Called on the caller's thread.
struct listener {
    std::function<void(const std::string&)> on_notice;         ///< a sentence: started component, stop request
    std::function<void(const measure::progress&)> on_progress; ///< once a second, and at the end
    /// The result, once; called before the teardown, because an aborted run may have no time for it.
    std::function<void(const measure::run_result&)> on_finished;
    run_start started{};
};

} // namespace loadsim::run
