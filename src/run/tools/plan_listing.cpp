#include <loadsim/run/plan_listing.hpp>

#include "run_plan.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/scenario/run_estimate.hpp>
#include <loadsim/vehicle/resolved_behaviour.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace loadsim::run {
namespace {

using vehicle::response_step;
using vehicle::step;

std::string_view name_of(response_step::kind k) {
    switch (k) {
    case response_step::kind::ack: return "ack";
    case response_step::kind::running: return "running";
    case response_step::kind::executed: return "executed";
    case response_step::kind::failed: return "failed";
    }
    return {};
}

std::string_view name_of(vehicle::disconnect_kind p) {
    switch (p) {
    case vehicle::disconnect_kind::clean: return "clean";
    case vehicle::disconnect_kind::abrupt: return "abrupt";
    case vehicle::disconnect_kind::half_open: return "half-open";
    }
    return {};
}

std::string text_of(const vehicle::resolved_step& a) {
    switch (a.type) {
    case step::kind::wait: return "wait " + format_duration(a.duration);
    case step::kind::respond:
        return fmt::format("{}{}", name_of(a.response->type), a.response->is_well_formed() ? "" : " (faulty)");
    case step::kind::execute: return "execute";
    case step::kind::drop: return "drop";
    case step::kind::disconnect: return fmt::format("disconnect {}", name_of(a.disconnect));
    case step::kind::reconnect: return "reconnect";
    case step::kind::takeover: return "takeover " + format_duration(a.duration);
    case step::kind::stall: return "stall " + format_duration(a.duration);
    case step::kind::ask: return "ask program";
    case step::kind::choose: break; // resolved already
    }
    return {};
}

std::string text_of(const vehicle::resolved_behaviour& s) {
    std::string text;
    for (const auto& a : s.steps) text += (text.empty() ? "" : "; ") + text_of(a);
    return text;
}

/// "degrees=21, mode=eco"
std::string parameters_text(const std::vector<std::string>& names, const std::vector<std::string>& values) {
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!values[i].empty()) text += fmt::format("{}{}={}", text.empty() ? "" : ", ", names[i], values[i]);
    return escape_for_terminal(text);
}

} // namespace

std::string plan_header() {
    return "arrival\tdue_s\tvin\tsegment\tbehaviour\tservice\tphase\texpected\tsteps\tparameters";
}

std::string condition_windows_header() { return "condition\toccurrence\tfrom_s\tuntil_s\tvin"; }

std::string telemetry_header() { return "telemetry\tsegments\tpeak_messages_per_s"; }

void write_plan(const scenario::scenario_config& scenario, fleet_partition partition,
                const std::function<void(arrival_id, const std::string& line)>& write) {
    const auto compiled = scenario::compile(scenario).value();
    const run_plan plan(scenario, compiled);
    std::vector<std::string> parameters;
    load::schedule::cursor all(plan.schedule());
    while (const auto a = all.next()) {
        const auto v = load::first_vehicle(scenario.seed, a->id, scenario.fleet.vehicles);
        if (!partition.owns(v)) continue;
        const auto due = plan.due_request_of(*a, v);
        const auto& service = plan.labels.services[due.service];
        auto choices = vehicle::random_stream_of(scenario.seed, a->id);
        const auto script = vehicle::resolve(plan.behaviours[due.segment], service, choices);
        plan.parameters.draw(a->id, due.service, parameters);
        write(a->id, fmt::format("{}\t{:.9f}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", number(a->id), seconds(a->due),
                                 plan.vin_of(v), plan.labels.segments[due.segment], plan.labels.behaviours[due.segment],
                                 service, plan.labels.phases[a->phase], to_string(due.expected), text_of(script),
                                 parameters_text(plan.parameters.names(), parameters)));
    }
}

void write_condition_windows(const scenario::scenario_config& scenario, fleet_partition partition,
                             const std::function<void(vehicle_id, const std::string& line)>& write) {
    const auto compiled = scenario::compile(scenario).value();
    const run_plan plan(scenario, compiled);
    for (std::uint64_t i = partition.index; i < scenario.fleet.vehicles; i += partition.count) {
        const vehicle_id v{static_cast<std::uint32_t>(i)};
        const auto& segment = plan.labels.segments[plan.segments.segment_of(v)];
        for (std::uint32_t c = 0; c < scenario.conditions.size(); ++c) {
            const auto& one = scenario.conditions[c];
            if (!vehicle::affects_vehicles(one.type) || !vehicle::applies_to(one, segment)) continue;
            for (std::uint32_t n = 0; n < vehicle::occurrence_count(one, plan.schedule().duration()); ++n)
                if (const auto window = vehicle::window_of(one, c, n, scenario.seed, v))
                    write(v, fmt::format("{}\t{}\t{:.9f}\t{:.9f}\t{}", one.name, n, seconds(window->from),
                                         seconds(window->until), plan.vin_of(v)));
        }
    }
}

void write_telemetry(const scenario::scenario_config& scenario,
                     const std::function<void(const std::string& line)>& write) {
    for (const auto& t : scenario::telemetry_rates_of(scenario))
        write(fmt::format("{}\t{}\t{:.6g}", t.name, fmt::join(t.segments, ", "), t.messages_per_second));
}

} // namespace loadsim::run
