#include "shared_plan.hpp"

#include <loadsim/vehicle/script.hpp>

#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

std::vector<vehicle::behaviour> behaviours_of(const scenario::document& scenario, const measure::legend& names) {
    std::vector<vehicle::behaviour> all;
    for (const auto& b : names.behaviours) all.push_back(scenario::behaviour_of(scenario, b));
    return all;
}

/// How long the target waits for a silent vehicle, by service.
std::vector<backend::deadlines> deadlines_of(const scenario::document& scenario, const measure::legend& names) {
    std::vector<backend::deadlines> all;
    for (const auto& name : names.services) {
        backend::deadlines limits;
        if (!scenario.target.embedded) { // unknown, unless the contract says it
            limits.pending = limits.running = nanoseconds{0};
            if (const auto& told = scenario.contract.deadlines) {
                limits.pending = told->pending;
                limits.running = told->running;
            }
        }
        if (scenario.load.driver == drive::kind::mqtt) limits.pending = limits.running = scenario.load.mqtt.deadline;
        for (const auto& o : scenario.load.observers)
            if (const auto* none = std::get_if<observe::none_options>(&o);
                none && scenario.load.driver == drive::kind::http)
                limits.pending = limits.running = none->deadline;
        for (const auto& s : scenario.target.backend.services)
            if (scenario.target.embedded && s.name == name && scenario.load.driver == drive::kind::http)
                limits = s.limits;
        all.push_back(limits);
    }
    return all;
}

} // namespace

shared_plan::shared_plan(const scenario::document& d, const scenario::vocabulary& w, std::optional<selection> chosen)
    : scenario(d), words(w), terms(&w.terms), names(scenario::legend_of(d)), schedule(scenario::schedule_of(d)),
      services(d.seed, d.load.services), segments(d.seed, d.fleet.vehicles, d.fleet.segments),
      behaviours(behaviours_of(d, names)), deadlines(deadlines_of(d, names)), only(std::move(chosen)) {}

std::optional<vehicle_id> shared_plan::vehicle_of(std::string_view vin) const {
    const auto v = words.cars.vehicle_of(vin);
    return v && index(*v) < scenario.fleet.vehicles ? v : std::nullopt;
}

void shared_plan::fill(vehicle_id v, contract::values& out) const {
    const auto segment = segments.segment_of(v);
    words.fill(v, segment, names.segments[segment], out);
    out.captured = captured;
    out.webhook_url = webhook_url;
    out.broker_api_url = broker_api_url;
}

fleet::plan shared_plan::fleet_of(shard_share share) const {
    return {.options = scenario.fleet,
            .terms = *terms,
            .cars = words.cars,
            .names = words.names,
            .seed = scenario.seed,
            .segments = segments,
            .segment_names = names.segments,
            .segment_variables = words.segment_variables,
            .behaviours = behaviours,
            .conditions = scenario.conditions,
            .campaigns = scenario.campaigns,
            .share = share,
            .load = schedule.duration(),
            .from = only ? only->from : nanoseconds{0}};
}

measure::due_request shared_plan::due_of(const load::arrival& a, vehicle_id v) const {
    measure::due_request due;
    due.id = a.id;
    due.vehicle = v;
    due.phase = a.phase;
    due.service = services.service_of(a.id);
    due.segment = segments.segment_of(v);
    due.pending_limit = deadlines[due.service].pending;
    due.running_limit = deadlines[due.service].running;
    const auto& behaviour = behaviours[due.segment];
    due.expected = vehicle::expected_of(behaviour, names.services[due.service], vehicle::draws_of(scenario.seed, a.id));
    due.provokes = behaviour.provokes;
    return due;
}

measure::recording shared_plan::recording() const {
    const bool all = scenario.record == scenario::record::all || only ||
                     (scenario.record == scenario::record::automatic && schedule.size() <= scenario::record_all_up_to);
    return all ? measure::recording::all : measure::recording::unexpected;
}

} // namespace loadsim::run
