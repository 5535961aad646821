#include "run_plan.hpp"

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/scenario/program_answer.hpp>
#include <loadsim/vehicle/resolved_behaviour.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

std::vector<vehicle::behaviour> behaviours_of(const scenario::scenario_config& scenario,
                                              const measure::labels& labels) {
    std::vector<vehicle::behaviour> all;
    for (const auto& b : labels.behaviours) all.push_back(scenario::behaviour_of(scenario, b));
    if (scenario::is_broker_faulty(scenario))
        for (auto& b : all) { // no vehicle gets a session
            b.credentials.emplace();
            b.asleep.reset();
            b.program.reset();
            b.steps.clear();
            b.expected = outcome::timed_out;
        }
    return all;
}

/// Deadlines of the target for a silent vehicle, by service.
std::vector<backend::deadlines> deadlines_of(const scenario::scenario_config& scenario, const measure::labels& labels) {
    std::vector<backend::deadlines> all;
    for (const auto& name : labels.platform_services) {
        backend::deadlines limits;
        if (!scenario.target.embedded) { // unknown, unless the contract defines them
            limits.pending = limits.running = nanoseconds{0};
            if (const auto& configured = scenario.contract.deadlines) {
                limits.pending = configured->pending;
                limits.running = configured->running;
            }
        }
        if (scenario.load.driver == driver::kind::mqtt) limits.pending = limits.running = scenario.load.mqtt.deadline;
        for (const auto& o : scenario.load.observers)
            if (const auto* none = std::get_if<observer::none_options>(&o);
                none && scenario.load.driver == driver::kind::http)
                limits.pending = limits.running = none->deadline;
        for (const auto& s : scenario.target.backend.services)
            if (scenario.target.embedded && s.name == name && scenario.load.driver == driver::kind::http)
                limits = s.limits;
        all.push_back(limits);
    }
    return all;
}

} // namespace

run_plan::run_plan(const scenario::scenario_config& config, const scenario::compiled_scenario& compiled_config,
                   std::optional<replay_selection> selection)
    : scenario(config), compiled(compiled_config), message_contract(&compiled_config.message_contract),
      labels(scenario::labels_of(config)), services(config.seed, scenario::service_weights_of(config.load)),
      parameters(scenario::parameter_values_of(config)),
      segments(config.seed, config.fleet.vehicles, config.fleet.segments), behaviours(behaviours_of(config, labels)),
      deadlines(deadlines_of(config, labels)),
      recovery_budget(config.conditions.empty() ? std::nullopt : verdict::recovery_budget(config.budgets)),
      replay(std::move(selection)), current_load{std::make_shared<const load::schedule>(scenario::schedule_of(config)),
                                                 0} {}

run_plan::~run_plan() = default;
run_plan::run_plan(run_plan&&) noexcept = default;

std::vector<program_options> run_plan::programs() const {
    std::vector<program_options> all;
    for (const auto& b : behaviours)
        if (b.program) all.push_back(*b.program);
    if (replay) return all; // it sends no telemetry
    const auto add_payload = [&all](const contract::message_options& m) {
        if (m.payload.program) all.push_back(*m.payload.program);
    };
    for (const auto& g : scenario.fleet.telemetry.groups) add_payload(g.message);
    for (const auto& a : scenario.fleet.telemetry.alarms) add_payload(a.message);
    return all;
}

std::string run_plan::vin_of(vehicle_id v) const { return compiled.registry.vin_of(v); }

std::optional<vehicle_id> run_plan::vehicle_of(std::string_view vin) const {
    const auto v = compiled.registry.vehicle_of(vin);
    return v && index(*v) < scenario.fleet.vehicles ? v : std::nullopt;
}

void run_plan::fill(vehicle_id v, contract::template_values& out) const {
    const auto segment = segments.segment_of(v);
    compiled.fill_vehicle_values(v, segment, labels.segments[segment], out);
    out.captured = captured;
    out.webhook_url = webhook_url;
    out.broker_api_url = broker_api_url;
}

fleet::fleet_spec run_plan::fleet_spec_of(fleet_partition partition) const {
    return {.options = scenario.fleet,
            .message_contract = *message_contract,
            .registry = compiled.registry,
            .template_symbols = compiled.symbols,
            .seed = scenario.seed,
            .segments = segments,
            .segment_names = labels.segments,
            .segment_variables = compiled.segment_variables,
            .behaviours = behaviours,
            .conditions = scenario.conditions,
            .campaigns = scenario.campaigns,
            .shard_partition = partition,
            .load_duration = schedule().duration(),
            .skip_before = begin_of_load(),
            .telemetry_messages = compiled.telemetry_messages,
            .segment_groups = compiled.segment_groups,
            .rate_factors = compiled.rate_factors,
            .vehicle_model = replay ? nullptr : &compiled.vehicle_model,
            .message_step = scenario::message_step_of(scenario),

            .read_answer = scenario::read_program_answer};
}

measure::due_request run_plan::due_request_of(const load::arrival& a, vehicle_id v) const {
    measure::due_request due;
    due.id = a.id;
    due.vehicle = v;
    due.phase = a.phase;
    due.service = services.service_of(a.id);
    due.segment = segments.segment_of(v);
    due.pending_timeout = deadlines[due.service].pending;
    due.running_timeout = deadlines[due.service].running;
    due.completion_timeout = scenario::completion_timeout_of(scenario.load, scenario.load.services[due.service]);
    const auto& behaviour = behaviours[due.segment];
    due.expected =
        vehicle::expected_of(behaviour, labels.services[due.service], vehicle::random_stream_of(scenario.seed, a.id));
    due.expected_anomalies = behaviour.expected_anomalies;
    return due;
}

std::string_view run_plan::service_of_command(std::string_view platform_service,
                                              std::optional<arrival_id> arrival) const {
    if (arrival) {
        const auto requested = services.service_of(*arrival);
        if (platform_service.empty() || platform_service == labels.platform_service(requested))
            return labels.service(requested);
    }
    const auto known = std::ranges::find(labels.platform_services, platform_service);
    return known == labels.platform_services.end()
               ? platform_service
               : labels.service(static_cast<std::uint32_t>(known - labels.platform_services.begin()));
}

measure::recording run_plan::recording() const {
    const bool all =
        scenario.record == scenario::record::all || replay ||
        (scenario.record == scenario::record::automatic && schedule().size() <= scenario::record_all_up_to);
    return all ? measure::recording::all : measure::recording::unexpected;
}

} // namespace loadsim::run
