// Who gets each arrival: a shard's part of the load, taken as it comes due.
#pragma once

#include "shared_plan.hpp"

#include <loadsim/drive/driver.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/load/choice.hpp>
#include <loadsim/load/schedule.hpp>
#include <loadsim/measure/ledger.hpp>

#include <optional>

namespace loadsim::run {

/// Each arrival of its share goes to a vehicle that is free, is opened in the ledger and handed to the driver; or it is skipped.
/// Threads: one. Reads no clock: real shards and rehearsals use it alike.
class allotment {
public:
    /// All of them must outlive it.
    allotment(const shared_plan&, shard_share, measure::ledger&, const fleet::roster&, drive::driver&);

    void begin(monotonic_time start);
    /// Takes every arrival that is due by now; hands back when the next one is; `never`: all have been.
    monotonic_time take_due(monotonic_time now);
    void cut() { all_due_ = true; } ///< no more arrivals
    bool all_due() const noexcept { return all_due_; }

private:
    bool is_ours(const load::arrival&) const;
    void take(const load::arrival&);
    std::optional<vehicle_id> free_vehicle(const load::candidates&) const;

    const shared_plan& plan_;
    shard_share share_;
    measure::ledger& ledger_;
    const fleet::roster& vehicles_;
    drive::driver& driver_;
    load::schedule::cursor cursor_;
    std::optional<load::arrival> next_;
    monotonic_time start_{};
    bool all_due_ = false;
};

} // namespace loadsim::run
