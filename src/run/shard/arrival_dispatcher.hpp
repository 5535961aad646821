// Arrival dispatcher of a shard: assigns each due arrival to a vehicle and hands it to the driver.
#pragma once

#include "run_plan.hpp"

#include <loadsim/driver/driver.hpp>
#include <loadsim/fleet/vehicles.hpp>
#include <loadsim/load/schedule.hpp>
#include <loadsim/load/selection.hpp>
#include <loadsim/measure/ledger.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace loadsim::run {

/// Assigns each arrival of the partition to a free vehicle, opens the request in the ledger and sends it with the
/// driver; skips the arrival when no vehicle is free.
/// Threads: one. Used by real shards and by rehearsals.
class arrival_dispatcher {
public:
    /// All arguments must outlive the dispatcher. `process_partition`: part of the run that the ledgers with the
    /// shared open count have; it has this part of `maxVusers`.
    arrival_dispatcher(const run_plan&, fleet_partition, fleet_partition process_partition, measure::ledger&,
                       const fleet::vehicles&, driver::driver&, const time_source&);

    /// Begins a load, once the one before has ended.
    void begin(monotonic_time start, const planned_load&);
    /// Dispatches arrivals that are due, for about a millisecond: further ones wait until the loop has done its other work.
    /// The clock is read for each own arrival and for every 4,096 foreign ones. Returns the due time of the next one, which may be
    /// in the past; `never`: no more arrivals.
    monotonic_time dispatch_due();
    void update(vehicle_id);         ///< the vehicle has become available or unavailable, after the construction
    void stop() { all_due_ = true; } ///< no more arrivals
    bool all_due() const noexcept { return all_due_; }

private:
    std::optional<load::arrival> next_arrival();
    bool is_own(const load::arrival&) const;
    bool is_free(vehicle_id) const;
    void dispatch(const load::arrival&, monotonic_time now);
    std::optional<vehicle_id> free_vehicle(arrival_id, vehicle_id first) const;
    /// Of a request that is skipped: it is late itself, or takes the place of one that was begun late and is still open, which accounts
    /// for one skipped request at most.
    bool is_skipped_for_lateness(nanoseconds lag);

    const run_plan& plan_;
    fleet_partition partition_;
    fleet_partition process_partition_;
    measure::ledger& ledger_;
    const fleet::vehicles& vehicles_;
    driver::driver& driver_;
    const time_source& time_;
    planned_load load_;
    std::optional<load::schedule::cursor> cursor_; ///< of load_
    std::optional<load::arrival> next_;
    load::free_vehicles free_;                     ///< available and without an open request
    std::unordered_set<std::uint32_t> begun_late_; ///< vehicles with an open request whose lag was above load.lagLimit
    std::vector<std::string> parameters_;          ///< of the last request; reused
    monotonic_time start_{};
    bool all_due_ = false;
};

} // namespace loadsim::run
