// Steps of a capacity search as loads of runs: what each connects and sends, and what it has measured.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/experiment/capacity_search.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/run/listener.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>

namespace loadsim::app {

struct step_execution {
    experiment::load_metric metric{};
    bool rehearses = false;
    std::filesystem::path folder{};    ///< for the files of embedded targets
    std::uint32_t shards = 0;          ///< see run::options
    nanoseconds total_at_most{0};      ///< of the search
    std::function<void()> on_begin{};  ///< the step that the search has planned begins
    std::function<void()> on_result{}; ///< the search has its result
};

/// Executes the steps until the search has ended or is stopped. Rate: in one run, whose sessions stay up. Vehicles and connects: a
/// run for each step, because the fleet of a run, and what it connects at, are fixed. Returns how the last run ended.
/// Errors: the first step could not begin. That of a later one ends the search, with what was measured until then.
result<measure::run_result::end_reason> execute_steps(const scenario::scenario_config&, const step_execution&,
                                                      const run::listener&, experiment::capacity_search&);

} // namespace loadsim::app
