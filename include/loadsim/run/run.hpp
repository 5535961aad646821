// One run, from scenario to facts.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/run_facts.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace loadsim::run {

struct options {
    std::filesystem::path folder; ///< for the files of an embedded target; exists
    std::uint32_t shards = 0;     ///< 0: one for every two cores, at most 8
};

/// What a run tells while it goes, on the caller's thread.
struct listener {
    std::function<void(const std::string&)> said;             ///< a sentence: what was started, what was asked for
    std::function<void(const measure::progress&)> progressed; ///< once a second, and at the end
};

/// Brings the target up, connects the fleet, runs the load, drains, and takes everything down again.
/// SIGINT drains and ends the run as interrupted, a second one ends the process at once with 130; SIGTERM drains and ends it as
/// terminated.
/// Errors: what kept the load from starting (target, set-up), nothing left running.
/// Threads: call from the thread that lives as long as the process (an embedded broker is tied to it); blocks.
result<measure::run_facts> execute(const scenario::document&, const options&, const listener&);

} // namespace loadsim::run
