// Rank handshake of a distributed run: joining before the run, leaving after it; partial results of an aborted run.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/cluster/rank_messages.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace loadsim::cluster {
class channel;
}
namespace loadsim::measure {
struct run_result;
}
namespace loadsim::scenario {
struct scenario_config;
}

namespace loadsim::run {

/// Rank 0: waits for the join requests of all other ranks. Errors: mismatches (another scenario or version, a clock
/// offset, a rank that could not read its scenario), each with the rank and its host; the caller must then call
/// release_ranks().
result<void> gather_ranks(cluster::channel&, const cluster::join_request& own);
/// The run's part of trace ids: keeps runs with the same seed apart. Not 0.
std::uint64_t random_trace_run();
/// Phases whose `maxVusers` is too small to be divided between that many ranks; empty: none. Each rank limits its own part: a small
/// one is often used up while other ranks have room. Pure.
problems check_max_vusers(const scenario::scenario_config&, std::uint32_t ranks);
/// Sends the run settings to the other ranks, which then set themselves up and execute control commands.
void start_ranks(cluster::channel&, const cluster::run_settings&);
/// Orders the other ranks to leave and waits for their last reports: for each rank as long as it sends messages. False: a rank
/// was silent; do not wait for it. `on_notice`: called at the end for each error of their hooks after the load, with the number of
/// ranks that had it; may be empty.
bool release_ranks(cluster::channel&, const time_source&,
                   const std::function<void(const std::string&)>& on_notice = {});

/// Other ranks: sends the join request and waits for the run settings. nullopt: the run does not take place.
std::optional<cluster::run_settings> join_run(cluster::channel&, const cluster::join_request& own);
/// Sends the rank's last report, after the command to leave.
void leave_run(cluster::channel&);

/// "22 ranks on 1 host, 1 shard each".
std::string describe_ranks(const cluster::channel&, std::uint32_t shards);

/// Result from the spools of a run whose rank 0 was lost; nullopt: no spool found. Spools on other hosts are missing,
/// damaged ones count up to the damage; the result's `abort_reason` says both. `why`: half a sentence about why the run was
/// aborted.
std::optional<measure::run_result> read_partial_results(const scenario::scenario_config&,
                                                        const std::filesystem::path& run_folder, std::uint32_t ranks,
                                                        std::string why);

} // namespace loadsim::run
