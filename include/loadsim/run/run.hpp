// One run, from scenario to facts.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/run_facts.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace loadsim::cluster {
class channel;
}

namespace loadsim::run {

struct options {
    std::filesystem::path folder;      ///< of the run's report; exists. What is embedded keeps its files there
    std::uint32_t shards = 0;          ///< of each rank; 0: default_shards()
    cluster::channel* ranks = nullptr; ///< to the other ranks; null: this process is all there is
};

/// Threads of a generator that has the machine for itself: one for every two cores, at most 8. One for each of several ranks.
std::uint32_t default_shards(bool of_several_ranks);

/// What a run tells while it goes, on the caller's thread.
struct listener {
    std::function<void(const std::string&)> said;             ///< a sentence: what was started, what was asked for
    std::function<void(const measure::progress&)> progressed; ///< once a second, and at the end
    /// The facts, once; before what is left is taken down, for when the run was cut off there may be no time for that.
    std::function<void(const measure::run_facts&)> finished;
};

/// Brings the target up, connects the fleet, runs the load, drains, and takes everything down again. With ranks: the first one,
/// which orders the others about and adds their figures to its own.
/// SIGINT drains and ends the run as interrupted, a second one ends the process at once with 130; SIGTERM drains and ends it as
/// terminated. In a rank that is SIGUSR1 and SIGUSR2, and SIGTERM ends it at once as cut off.
/// Errors: what kept the load from starting (target, set-up), nothing left running.
/// Threads: call from the thread that lives as long as the process (an embedded broker is tied to it); blocks.
result<void> execute(const scenario::document&, const options&, const listener&);

/// What any other rank does: sets up its own part and follows the first one's orders until it may leave.
/// Errors: the first rank can no longer be heard. What keeps this one from taking part is told to the first.
result<void> follow(const scenario::document&, const options&);

} // namespace loadsim::run
