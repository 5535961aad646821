// Run stages with the hooks before and after the load.
#pragma once

#include "generator.hpp"
#include "process/local_generator.hpp"
#include "signals.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/run/run.hpp>

#include <functional>
#include <string>

namespace loadsim::run {

/// Stop check for hooks: true once a signal has requested the end of the run.
std::function<bool()> make_stop_check(const stop_signals&);

/// Runs the hooks after the load. A failure is only reported: the verdict of the run is final already.
void run_after_hooks(local_generator& local, const std::function<void(const std::string&)>& on_notice);

struct run_end {
    result<void> status;  ///< error if the load could not start
    bool aborted = false; ///< the run was aborted without drain
};
/// Runs hooks and stages. `all`: the local generator itself, or the rank coordinator. Blocks.
run_end run_with_hooks(local_generator& local, generator& all, stop_signals&, const listener&, const time_source&);

} // namespace loadsim::run
