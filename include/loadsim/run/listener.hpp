// Callbacks of a run.
#pragma once

#include <functional>
#include <string>

namespace loadsim::measure {
struct progress;
struct run_result;
} // namespace loadsim::measure

namespace loadsim::run {

/// Called on the caller's thread.
struct listener {
    std::function<void(const std::string&)> on_notice;         ///< a sentence: started component, stop request
    std::function<void(const measure::progress&)> on_progress; ///< once a second, and at the end
    /// The result, once; called before the teardown, because an aborted run may have no time for it.
    std::function<void(const measure::run_result&)> on_finished;
};

} // namespace loadsim::run
