// Checks of payloads, headers and paths with the values that each vehicle has of its own: VIN, index, segment, row of fleet.data.
#include "check.hpp"

#include "telemetry/compiled_telemetry.hpp"

#include <loadsim/scenario/compiled_scenario.hpp>

#include <loadsim/base/encoding.hpp>
#include <loadsim/contract/placeholder_text.hpp>
#include <loadsim/http/message.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

namespace loadsim::scenario {
namespace {

using form = contract::payload_options::payload_format;

/// Problem of a text; empty: none.
using text_check = std::function<std::string(const std::string&)>;

class fleet_values {
public:
    fleet_values(const scenario_config& config, const compiled_scenario& compiled, problems& all)
        : config_(config), compiled_(compiled), all_(all),
          segments_(config.seed, config.fleet.vehicles, config.fleet.segments) {}

    /// Adds the problem of the first vehicle whose own values make the template wrong: one of them, or all together if the template
    /// has no others. `part`: check of one that has others beside it.
    void check(const std::string& path, const std::string& text, const text_check& whole,
               const text_check& part) const {
        const bool has_sections = text.find("{#") != std::string::npos; // without a value they are left out
        for (const auto& name : contract::placeholder_names(has_sections ? "" : text)) {
            const auto placeholder = fmt::format("{{{}}}", name);
            if (const auto found = first_wrong(placeholder, text == placeholder ? whole : part))
                return all_.add(path, fmt::format("{}: {}, and {} is within it", place_of(found->first, name),
                                                  found->second, placeholder));
        }
        if (const auto found = first_wrong(text, whole))
            all_.add(path, fmt::format("{}: {}", place_of(found->first, ""), found->second));
    }

private:
    std::optional<std::pair<vehicle_id, std::string>> first_wrong(const std::string& text,
                                                                  const text_check& problem_of) const {
        std::vector<std::string> pointers; // none: they are of commands
        const auto symbols = contract::symbols_in(contract::template_scope::identity, compiled_.symbols, {});
        const auto rendered_text = contract::text_template::compile(text, symbols, pointers);
        if (!rendered_text) return std::nullopt; // it has values that are not a vehicle's
        const std::string no_segment;
        const auto& segments = config_.fleet.segments;
        for (std::uint32_t i = 0; i < config_.fleet.vehicles; ++i) {
            const vehicle_id v{i};
            const auto vin = compiled_.registry.vin_of(v);
            const auto segment = segments_.segment_of(v);
            contract::template_values values{.vin = vin};
            compiled_.fill_vehicle_values(v, segment, segments.empty() ? no_segment : segments[segment].name, values);
            if (auto why = problem_of(rendered_text->rendered(values)); !why.empty()) return std::pair{v, why};
            if (rendered_text->is_constant()) break;
        }
        return std::nullopt;
    }

    /// Cell of a column of fleet.data; else the vehicle.
    std::string place_of(vehicle_id v, const std::string& name) const {
        const auto columns = compiled_.registry.columns();
        for (std::size_t i = 0; i < columns.size(); ++i)
            if (name == "data." + columns[i]) return vehicle::registry::place_of(config_.fleet.data, v, i);
        return fmt::format("vehicle {} ({})", index(v), compiled_.registry.vin_of(v));
    }

    const scenario_config& config_;
    const compiled_scenario& compiled_;
    problems& all_;
    vehicle::segmentation segments_;
};

/// Calls `visit` with the path and the options of each payload that vehicles or requests for them send.
void each_payload(const scenario_config& config, const auto& visit) {
    const auto& c = config.contract;
    visit("contract.request.body", c.request.body);
    for (const auto& [key, m] :
         {std::pair{"command", &c.command.message}, std::pair{"ack", &c.ack}, std::pair{"running", &c.running},
          std::pair{"executed", &c.executed}, std::pair{"failed", &c.failed}, std::pair{"presence", &c.presence}})
        if (!m->none) visit(fmt::format("contract.{}.payload", key), m->payload);
    for_each_telemetry_message(config.fleet, [&](const std::string& path, const contract::message_options& m) {
        visit(path + ".payload", m.payload);
        if (!m.protobuf) return;
        for (const auto& [field, value] : m.protobuf->fields) visit(path + ".protobuf.fields." + field, value);
    });
    for (const auto& s : config.load.services) {
        if (s.contract.body) visit(fmt::format("load.services.{}.body", s.name), *s.contract.body);
        if (s.contract.payload) visit(fmt::format("load.services.{}.payload", s.name), *s.contract.payload);
    }
    for (const auto& [key, hooks] : {std::pair{"before", &config.before}, std::pair{"after", &config.after}})
        for (std::size_t i = 0; i < hooks->size(); ++i) visit(fmt::format("{}[{}].body", key, i), (*hooks)[i].body);
}

/// True: a part of text in the encoding; the other parts may complete the digits of a byte.
bool may_be_within(form format, std::string text) {
    if (format == form::hex) return decode_hex(text += std::string(text));
    while (text.ends_with('=')) text.pop_back();
    return decode_base64(text += std::string(3 * text.size(), 'A'));
}

/// A placeholder that no payload of the format can have, whatever its value; empty: there is none.
std::string never_within(const scenario_config& config, const contract::payload_options& payload) {
    const bool is_hex = payload.format == form::hex;
    for (const auto& name : contract::placeholder_names(payload.text)) {
        for (const std::string_view never : {"random:uuid", "now:iso", "webhook.url", "brokerApi.url"})
            if (name == never) return name;
        for (const std::string_view letters : {"ok", "state", "phase"})
            if (is_hex && name == letters) return name;
        if (name == "service" && std::ranges::none_of(config.load.services, [&](const service& s) {
                return may_be_within(payload.format, std::string(s.platform_name()));
            }))
            return name;
    }
    return {};
}

void check_encoded_payloads(const scenario_config& config, const fleet_values& values, problems& all) {
    each_payload(config, [&](const std::string& path, const contract::payload_options& payload) {
        if (payload.format != form::hex && payload.format != form::base64) return;
        const auto* encoding = payload.format == form::hex ? "hex" : "base64";
        if (const auto name = never_within(config, payload); !name.empty())
            return all.add(path, fmt::format("the value of {{{}}} is never {}", name, encoding));
        const auto problem_of = [&](const std::string& text, bool is_valid) {
            return is_valid ? std::string{} : fmt::format("'{}' is no {}", text, encoding);
        };
        values.check(
            path, payload.text,
            [&](std::string text) {
                auto bytes = text;
                return problem_of(text, payload.format == form::hex ? decode_hex(bytes) : decode_base64(bytes));
            },
            [&](const std::string& text) { return problem_of(text, may_be_within(payload.format, text)); });
    });
}

/// Calls `visit` with the path, the name and the template of each header of requests to the API.
void each_header(const scenario_config& config, const auto& visit) {
    const auto visit_all = [&](const std::string& path, const contract::named_texts& headers) {
        for (const auto& [name, text] : headers) visit(fmt::format("{}.headers.{}", path, name), name, text);
    };
    visit_all("contract.request", config.contract.request.headers);
    for (const auto& s : config.load.services) visit_all("load.services." + s.name, s.contract.headers);
    for (const auto& [key, hooks] : {std::pair{"before", &config.before}, std::pair{"after", &config.after}})
        for (std::size_t i = 0; i < hooks->size(); ++i) visit_all(fmt::format("{}[{}]", key, i), (*hooks)[i].headers);
}

/// Calls `visit` with the path and the template of each path of requests to the API.
void each_path(const scenario_config& config, const auto& visit) {
    visit("contract.request.path", config.contract.request.path);
    for (const auto& s : config.load.services)
        if (s.contract.path) visit(fmt::format("load.services.{}.path", s.name), *s.contract.path);
    for (const auto& [key, hooks] : {std::pair{"before", &config.before}, std::pair{"after", &config.after}})
        for (std::size_t i = 0; i < hooks->size(); ++i) visit(fmt::format("{}[{}].path", key, i), (*hooks)[i].path);
}

void check_header_values(const scenario_config& config, const fleet_values& values) {
    each_header(config, [&](const std::string& path, const std::string& name, const std::string& text) {
        values.check(
            path, text, [&](const std::string& value) { return http::header_value_problem(name, value); },
            [&](const std::string& value) { return http::header_value_problem(name, value + "x"); }); // not all of it
    });
}

/// Only {raw:NAME} is not percent-encoded.
void check_paths(const scenario_config& config, const fleet_values& values) {
    each_path(config, [&](const std::string& path, const std::string& text) {
        for (auto name : contract::placeholder_names(text)) {
            if (!name.starts_with(contract::raw_mark)) continue;
            name.erase(0, contract::raw_mark.size());
            values.check(path, fmt::format("{{{}}}", name), http::target_problem, http::target_problem);
        }
    });
}

} // namespace

void check_vehicle_values(const scenario_config& config, const compiled_scenario& compiled, problems& all) {
    const fleet_values values(config, compiled, all);
    check_encoded_payloads(config, values, all);
    check_header_values(config, values);
    check_paths(config, values);
}

} // namespace loadsim::scenario
