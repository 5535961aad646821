// Periodic status of a shard or a rank, about once a second.
#pragma once

#include <loadsim/measure/machine_load.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/measure/vehicle_states.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace loadsim::measure {

/// State of a shard and its counts since the previous snapshot; the snapshot of a rank is the sum of its shards'
/// snapshots.
struct snapshot {
    totals counts; ///< since the previous snapshot; contains the records
    std::uint32_t sessions_planned = 0;
    std::uint32_t sessions_online = 0;
    vehicle_states vehicles;
    std::uint64_t in_flight = 0;
    std::uint64_t waiting = 0; ///< of them: for a connection
    /// Of those in flight: open for longer than the limit of the budget of recovery.latency.
    std::uint64_t over_limit = 0;
    std::uint64_t awaited =
        0; ///< commands, vehicles and telemetry still to come, conditions that end soon; set after the last arrival
    bool all_due = false;        ///< all arrivals and telemetry messages of the partition have been due
    bool driver_ready = false;   ///< driver and observer are ready
    std::string setup_error;     ///< reason of a failed setup; empty: no error
    std::string fatal_error;     ///< reason that ends the run; empty: no error
    double cpu_s = 0;            ///< CPU time so far; shard: its thread; rank: sum of its shards
    std::uint64_t rss_bytes = 0; ///< resident memory of the process; 0 for a shard
    std::map<std::string, machine_usage> machines{}; ///< CPU during the load so far, by host; none for a shard

    /// Merges another snapshot: sums counts, combines flags with AND, keeps the first error.
    void add(snapshot other);
};
BOOST_DESCRIBE_STRUCT(snapshot, (),
                      (counts, sessions_planned, sessions_online, vehicles, in_flight, waiting, over_limit, awaited,
                       all_due, driver_ready, setup_error, fatal_error, cpu_s, rss_bytes, machines))

/// Masks secrets in the texts that platform, broker and system have given, before the snapshot is written or sent. VINs, addresses
/// and names that the scenario defines are no secrets and stay: `explain` and `replay` find requests by them.
void mask_secrets(snapshot&);

} // namespace loadsim::measure
