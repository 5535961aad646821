// What all shards of a run share, none of it changing.
#pragma once

#include <loadsim/backend/options.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/terms.hpp>
#include <loadsim/fleet/plan.hpp>
#include <loadsim/load/choice.hpp>
#include <loadsim/load/schedule.hpp>
#include <loadsim/measure/ledger.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/run/probe.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/scenario/vocabulary.hpp>
#include <loadsim/vehicle/segment.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
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
    /// Both must outlive it.
    shared_plan(const scenario::document&, const scenario::vocabulary&, std::optional<selection> only = {});

    const scenario::document& scenario;
    const scenario::vocabulary& words;
    const contract::terms* terms; ///< those that vehicles speak; a rehearsal's are our own
    measure::legend names;
    load::schedule schedule;
    load::service_choice services;
    vehicle::segmentation segments;
    std::vector<vehicle::behaviour> behaviours; ///< by segment
    std::vector<backend::deadlines> deadlines;  ///< by service: how long the target waits for a silent vehicle
    std::optional<selection> only;
    // Known when the target stands, before anything is connected.
    std::vector<std::string> captured; ///< by the calls before the load
    std::string webhook_url;
    std::string broker_api_url;
    std::function<void(const utterance&)> trace; ///< told what either side says, on any thread; empty: nobody

    std::string vin_of(vehicle_id v) const { return words.cars.vin_of(v); }
    /// The vehicle of that VIN, if it is one of the fleet.
    std::optional<vehicle_id> vehicle_of(std::string_view vin) const;
    /// What a template may say of a vehicle, but for its VIN.
    void fill(vehicle_id, contract::values&) const;
    fleet::plan fleet_of(shard_share) const;
    /// What the plan says of an arrival that goes to that vehicle; `due` is left to who knows the load's start.
    measure::due_request due_of(const load::arrival&, vehicle_id) const;
    measure::recording recording() const;
    nanoseconds end_of_load() const { return only ? only->until : schedule.duration(); }
};

} // namespace loadsim::run
