#include "scenario_builder.hpp"

#include <loadsim/load/schedule.hpp>
#include <loadsim/load/selection.hpp>
#include <loadsim/scenario/read.hpp>
#include <loadsim/vehicle/segment.hpp>

#include <fmt/format.h>

#include <set>

namespace harness {

using namespace loadsim;

const std::string mixed_segments = "[{name: healthy, share: 60%, behaviour: success},"
                                   " {name: stubborn, share: 20%, behaviour: failure},"
                                   " {name: silent, share: 10%, behaviour: timeout},"
                                   " {name: garage, share: 10%, behaviour: offline}]";

std::string scenario_builder::yaml() const {
    return fmt::format(
        "name: staged\n"
        "seed: {}\n"
        "target: {{embedded: {{services: {{horn: {{pending: 1s, running: 1s}},"
        " light-flash: {{pending: 1s, running: 1s}}}}}}}}\n"
        "fleet: {{{} vehicles: {}, connectRate: 2000, segments: {}}}\n"
        "behaviours:\n"
        "  success: {{steps: [{{wait: 10ms}}, ack, {{wait: {{uniform: {{min: 10ms, max: 60ms}}}}}}, executed]}}\n"
        "  failure: {{steps: [{{wait: 10ms}}, ack, {{wait: 20ms}}, {{failed: door_open}}]}}\n"
        "load: {{{} services: {{horn: 1, light-flash: 1}}, phases: {}, mqtt: {{deadline: 1s}}, drain: 5s,"
        " lagLimit: 2s}}\n"
        "budgets: {}\n",
        seed, fleet_keys, vehicles, segments, load_keys, phases, budgets);
}

bool repeats_a_vehicle(const std::string& yaml) {
    const auto d = scenario::read(yaml, "").value();
    const load::schedule arrivals(d.load.phases, d.load.spacing, d.seed);
    load::schedule::cursor cursor(arrivals);
    std::set<vehicle_id> targeted;
    while (const auto arrival = cursor.next())
        if (!targeted.insert(load::first_vehicle(d.seed, arrival->id, d.fleet.vehicles)).second) return true;
    return false;
}

scenario_builder scenario_builder::without_repeated_vehicles() const {
    auto candidate = *this;
    while (repeats_a_vehicle(candidate.yaml())) ++candidate.seed;
    return candidate;
}

std::map<std::string, std::int64_t> requests_by_segment(const std::string& yaml) {
    const auto d = scenario::read(yaml, "").value();
    const load::schedule arrivals(d.load.phases, d.load.spacing, d.seed);
    const vehicle::segmentation segments(d.seed, d.fleet.vehicles, d.fleet.segments);
    load::schedule::cursor cursor(arrivals);
    std::map<std::string, std::int64_t> counts;
    while (const auto arrival = cursor.next()) {
        const auto vehicle = load::first_vehicle(d.seed, arrival->id, d.fleet.vehicles);
        ++counts[d.fleet.segments[segments.segment_of(vehicle)].name];
    }
    return counts;
}

} // namespace harness
