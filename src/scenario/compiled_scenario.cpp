#include <loadsim/scenario/compiled_scenario.hpp>

#include "telemetry/compiled_telemetry.hpp"

#include <loadsim/base/spelling.hpp>
#include <loadsim/fleet/campaign.hpp>
#include <loadsim/fleet/client_identity.hpp>
#include <loadsim/fleet/vehicle_tls.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace loadsim::scenario {
namespace {

using contract::named_texts;

std::vector<std::string> names_in(const named_texts& texts) {
    std::vector<std::string> names;
    for (const auto& [name, text] : texts) names.push_back(name);
    return names;
}

/// Names of the segment variables, taken from the first segment; all others must have the same.
std::vector<std::string> segment_variable_names(const scenario_config& config, problems& found_problems) {
    if (config.fleet.segments.empty()) return {};
    const auto names = names_in(config.fleet.segments.front().variables);
    for (std::size_t i = 1; i < config.fleet.segments.size(); ++i) {
        const auto others = names_in(config.fleet.segments[i].variables);
        const auto path_of_variables = fmt::format("fleet.segments[{}].variables", i);
        for (const auto& name : names)
            if (std::ranges::count(others, name) == 0)
                found_problems.add(path_of_variables,
                                   fmt::format("'{}' is missing here; every segment has the same variables", name));
        for (const auto& name : others)
            if (std::ranges::count(names, name) == 0)
                found_problems.add(path_of_variables,
                                   fmt::format("'{}' is only here; every segment has the same variables", name));
    }
    return names;
}

std::vector<std::vector<std::string>> segment_variable_values(const scenario_config& config,
                                                              const std::vector<std::string>& names) {
    std::vector<std::vector<std::string>> all;
    for (const auto& s : config.fleet.segments) {
        auto& values = all.emplace_back();
        for (const auto& name : names) {
            const auto found = std::ranges::find(s.variables, name, &named_texts::value_type::first);
            values.push_back(found == s.variables.end() ? std::string{} : found->second);
        }
    }
    if (all.empty()) all.emplace_back(); // read() adds one segment to a fleet without any
    return all;
}

/// Duplicate client ids: such vehicles would take over each other's session endlessly.
void check_client_ids(const scenario_config& config, const compiled_scenario& compiled_so_far,
                      problems& found_problems) {
    const auto& client_id_template = config.fleet.mqtt.client_id;
    if (client_id_template.find("{vin}") != std::string::npos ||
        client_id_template.find("{index}") != std::string::npos)
        return;
    const auto identity_templates = fleet::identity_templates::compile(config.fleet.mqtt, compiled_so_far.symbols);
    if (!identity_templates) return; // already reported
    const vehicle::segmentation segments(config.seed, config.fleet.vehicles, config.fleet.segments);
    const std::string no_segment; // outlives the values, which refer to it
    const auto client_id_of = [&](vehicle_id v) {
        const auto vin = compiled_so_far.registry.vin_of(v);
        const auto segment = segments.segment_of(v);
        contract::template_values vehicle_values{.vin = vin};
        compiled_so_far.fill_vehicle_values(
            v, segment, config.fleet.segments.empty() ? no_segment : config.fleet.segments[segment].name,
            vehicle_values);
        fleet::client_identity identity;
        identity_templates->render(vehicle_values, identity);
        return identity.client_id;
    };
    if (const auto duplicate = vehicle::first_duplicate(config.fleet.vehicles, client_id_of))
        found_problems.add(
            "fleet.mqtt.clientId",
            fmt::format(
                "vehicles {} and {} would both be '{}', and take over each other's sessions; put {{vin}} into it",
                index(duplicate->first), index(duplicate->second), client_id_of(duplicate->first)));
}

std::vector<contract::named_service> services_of(const scenario_config& config) {
    std::vector<contract::named_service> all;
    for (const auto& s : config.load.services) {
        auto& one = all.emplace_back(contract::named_service{.name = s.name, .options = s.contract});
        for (const auto& p : s.parameters) one.parameters.push_back(p.name);
    }
    return all;
}

template <class T>
void assign_or_report(result<T> made, T& into, problems& found_problems) {
    if (made)
        into = std::move(*made);
    else
        found_problems.add(made.error());
}

compiled_scenario::observer_templates compile_observer(const observer::options& o,
                                                       const contract::scenario_symbols& names, std::size_t i,
                                                       problems& found_problems) {
    compiled_scenario::observer_templates made;
    std::vector<std::string> none;
    const auto compile_text = [&](const std::string& text, contract::template_scope where, std::string_view key,
                                  contract::text_template& into) {
        const auto known = contract::symbols_in(where, names, {});
        auto compiled = key == "path" ? contract::text_template::compile_path(text, known, none)
                                      : contract::text_template::compile(text, known, none);
        const auto path = fmt::format("load.observers[{}].{}.{}", i, observer::kind_of(o), key);
        if (compiled)
            into = std::move(*compiled);
        else
            for (auto& p : compiled.error().list) found_problems.add(path, std::move(p.text));
    };
    if (const auto* poll = std::get_if<observer::poll_options>(&o)) {
        compile_text(poll->path, contract::template_scope::poll, "path", made.path);
    } else if (const auto* sse = std::get_if<observer::sse_options>(&o)) {
        compile_text(sse->path, contract::template_scope::hook, "path", made.path);
    } else if (const auto* socket = std::get_if<observer::websocket_options>(&o)) {
        compile_text(socket->path, contract::template_scope::hook, "path", made.path);
        compile_text(socket->subscribe, contract::template_scope::hook, "subscribe", made.subscribe_message);
    }
    return made;
}

} // namespace

void compiled_scenario::fill_vehicle_values(vehicle_id v, std::size_t segment, const std::string& segment_name,
                                            contract::template_values& out) const {
    out.index = index(v);
    out.segment = segment_name;
    out.data = registry.row(v);
    if (segment < segment_variables.size()) out.segment_variables = segment_variables[segment];
}

result<vehicle::registry> load_registry(const scenario_config& config) {
    const auto& fleet = config.fleet;
    if (fleet.data.empty()) return vehicle::registry(fleet.vin, fleet.vehicles);
    auto loaded = vehicle::registry::load(fleet.vin, fleet.vehicles, fleet.data);
    if (loaded) return loaded;
    problems all;
    for (auto& p : loaded.error().list)
        all.add("fleet.data", p.location.empty() ? std::move(p.text) : p.location + ": " + p.text);
    return all;
}

result<compiled_scenario> compile(const scenario_config& config) {
    problems found_problems;
    auto registry = load_registry(config);
    const bool has_columns = registry.has_value();
    if (!has_columns) found_problems.add(registry.error());
    compiled_scenario made{.registry = has_columns ? std::move(*registry)
                                                   : vehicle::registry(config.fleet.vin, config.fleet.vehicles),
                           .symbols = {},
                           .message_contract = contract::message_contract::built_in(),
                           .segment_variables = {},
                           .before = {},
                           .after = {},
                           .observers = {},
                           .telemetry_messages = {},
                           .segment_groups = segment_groups_of(config),
                           .vehicle_model = vehicle_model_of(config),
                           .rate_factors = rate_factors_of(config)};
    const auto columns = made.registry.columns();
    made.symbols.data.assign(columns.begin(), columns.end());
    made.symbols.segment = segment_variable_names(config, found_problems);
    made.segment_variables = segment_variable_values(config, made.symbols.segment);
    made.symbols.captured = driver::captured_names(config.before);
    made.symbols.parameters = parameter_values_of(config).names();
    made.symbols.signals = signal_names();
    assign_or_report(contract::message_contract::compile(config.contract, made.symbols, services_of(config)),
                     made.message_contract, found_problems);
    made.telemetry_messages = compile_telemetry(config, made.symbols, found_problems);
    assign_or_report(driver::hook_requests::compile(config.before, made.symbols, "before"), made.before,
                     found_problems);
    assign_or_report(driver::hook_requests::compile(config.after, made.symbols, "after"), made.after, found_problems);
    for (std::size_t i = 0; i < config.load.observers.size(); ++i)
        made.observers.push_back(compile_observer(config.load.observers[i], made.symbols, i, found_problems));
    for (std::size_t i = 0; i < config.campaigns.size(); ++i)
        if (const auto one =
                fleet::campaign::compile(config.campaigns[i], made.symbols, fmt::format("campaigns[{}]", i));
            !one)
            found_problems.add(one.error());
    if (const auto identity = fleet::identity_templates::compile(config.fleet.mqtt, made.symbols); !identity)
        found_problems.add(identity.error());
    check_client_ids(config, made, found_problems);
    found_problems.add(fleet::vehicle_tls::check(config.fleet.tls, made.symbols));
    if (!has_columns) // no column is known, which is a consequence
        std::erase_if(found_problems.list,
                      [](const problem& p) { return p.text.starts_with("unknown variable 'data."); });
    if (!found_problems.empty()) return found_problems;
    return made;
}

} // namespace loadsim::scenario
