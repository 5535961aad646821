#include "wanted.hpp"

#include <loadsim/load/choice.hpp>
#include <loadsim/load/schedule.hpp>
#include <loadsim/scenario/read.hpp>
#include <loadsim/vehicle/segment.hpp>

#include <fmt/format.h>

#include <set>

namespace stage {

using namespace loadsim;

const std::string all_behaviours = "[{name: healthy, share: 60%, behaviour: success},"
                                   " {name: stubborn, share: 20%, behaviour: failure},"
                                   " {name: silent, share: 10%, behaviour: timeout},"
                                   " {name: garage, share: 10%, behaviour: offline}]";

std::string wanted::yaml() const {
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
        seed, fleet, vehicles, segments, load, phases, budgets);
}

wanted wanted::without_collisions() const {
    for (wanted next = *this;; ++next.seed) {
        const auto d = scenario::read(next.yaml(), "").value();
        const load::schedule plan(d.load.phases, d.load.spacing, d.seed);
        load::schedule::cursor cursor(plan);
        std::set<vehicle_id> asked;
        while (const auto arrival = cursor.next())
            if (!asked.insert(load::candidates(d.seed, arrival->id, d.fleet.vehicles).first()).second) break;
        if (asked.size() == plan.size()) return next;
    }
}

std::map<std::string, std::int64_t> requests_by_segment(const std::string& yaml) {
    const auto d = scenario::read(yaml, "").value();
    const load::schedule plan(d.load.phases, d.load.spacing, d.seed);
    const vehicle::segmentation segments(d.seed, d.fleet.vehicles, d.fleet.segments);
    load::schedule::cursor cursor(plan);
    std::map<std::string, std::int64_t> count;
    while (const auto arrival = cursor.next()) {
        const auto vehicle = load::candidates(d.seed, arrival->id, d.fleet.vehicles).first();
        ++count[d.fleet.segments[segments.segment_of(vehicle)].name];
    }
    return count;
}

} // namespace stage
