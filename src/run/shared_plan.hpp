// What all shards of a run share, none of it changing.
#pragma once

#include <loadsim/backend/options.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/fleet/plan.hpp>
#include <loadsim/load/choice.hpp>
#include <loadsim/load/schedule.hpp>
#include <loadsim/measure/ledger.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/vehicle/segment.hpp>

#include <optional>
#include <vector>

namespace loadsim::run {

/// Some requests of another run, of one vehicle, and nothing else.
struct selection {
    vehicle_id vehicle{};
    std::vector<arrival_id> arrivals; ///< in order
    nanoseconds from{0};              ///< the load begins here, as if the time before had passed
    nanoseconds until{0};             ///< and ends here
};

struct shared_plan {
    explicit shared_plan(const scenario::document&, std::optional<selection> only = {});

    const scenario::document& scenario; ///< must outlive it
    measure::legend names;
    load::schedule schedule;
    load::service_choice services;
    vehicle::segmentation segments;
    std::vector<vehicle::behaviour> behaviours; ///< by segment
    std::vector<backend::deadlines> deadlines;  ///< by service: how long the target waits for a silent vehicle
    std::optional<selection> only;

    fleet::plan fleet_of(shard_share) const;
    /// What the plan says of an arrival that goes to that vehicle; `due` is left to who knows the load's start.
    measure::due_request due_of(const load::arrival&, vehicle_id) const;
    measure::recording recording() const;
    nanoseconds end_of_load() const { return only ? only->until : schedule.duration(); }
};

} // namespace loadsim::run
