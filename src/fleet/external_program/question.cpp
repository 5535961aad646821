#include "external_program/question.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <fmt/format.h>

#include <iterator>
#include <span>
#include <string_view>

namespace loadsim::fleet {
namespace {

void append_text(std::string& out, std::string_view text) {
    out += '"';
    append_json_escaped(text, out);
    out += '"';
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
    if (out.back() != '{') out += ',';
    append_text(out, name);
    out += ':';
    append_text(out, value);
}

/// Members of names and values of the same index.
void append_object(std::string& out, std::string_view name, std::span<const std::string> names,
                   std::span<const std::string> values) {
    if (names.empty()) return;
    fmt::format_to(std::back_inserter(out), ",\"{}\":{{", name);
    for (std::size_t i = 0; i < names.size() && i < values.size(); ++i) append_member(out, names[i], values[i]);
    out += '}';
}

void append_vehicle(std::string& out, const fleet_spec& spec, vehicle_id v) {
    const auto segment = spec.segments.segment_of(v);
    out += "\"vehicle\":{";
    append_member(out, "vin", spec.registry.vin_of(v));
    fmt::format_to(std::back_inserter(out), ",\"index\":{}", index(v));
    append_member(out, "segment", spec.segment_names[segment]);
    append_object(out, "data", spec.registry.columns(), spec.registry.row(v));
    append_object(out, "variables", spec.template_symbols.segment, spec.segment_variables[segment]);
    out += '}';
}

} // namespace

std::string command_question(const fleet_spec& spec, vehicle_id v, std::string_view request,
                             const contract::message_contract::parsed_command& command, std::int64_t clock_us) {
    std::string out;
    append_vehicle(out, spec, v);
    out += ",\"command\":{";
    append_member(out, "request_id", request);
    append_member(out, "service", command.service);
    out += ",\"parameters\":{";
    const auto& named = spec.message_contract.options().command.parameters;
    for (std::size_t i = 0; i < named.size() && i < command.parameters.size(); ++i)
        append_member(out, named[i].first, command.parameters[i]);
    fmt::format_to(std::back_inserter(out), "}}}},\"time_ms\":{}", clock_us / 1'000);
    return out;
}

std::string payload_question(const fleet_spec& spec, const asked_payload& m) {
    const auto& options = spec.options.telemetry;
    const auto groups = options.groups.size();
    std::string out;
    append_vehicle(out, spec, m.vehicle);
    out += ",\"message\":{";
    append_member(out, "name", m.group < groups ? options.groups[m.group].name : options.alarms[m.group - groups].name);
    append_member(out, "topic", m.topic);
    fmt::format_to(std::back_inserter(out), ",\"sequence\":{},\"signals\":{{", m.sequence);
    for (const auto& one : telemetry::signal_table()) {
        if (out.back() != '{') out += ',';
        append_text(out, one.name);
        out += ':';
        telemetry::append_json(m.signals, one.id, out);
    }
    fmt::format_to(std::back_inserter(out), "}}}},\"time_ms\":{}", m.clock_us / 1'000);
    return out;
}

result<std::string> read_payload_answer(const boost::json::object& answer) {
    const auto* text = answer.if_contains("payload");
    const auto* base64 = answer.if_contains("payload_base64");
    if ((text != nullptr) == (base64 != nullptr))
        return problems{"", "an answer about a payload has either 'payload' or 'payload_base64'"};
    const auto* given = text != nullptr ? text : base64;
    if (!given->is_string()) return problems{"", "a payload is a text"};
    std::string payload(given->get_string());
    if (base64 != nullptr && !decode_base64(payload)) return problems{"", "'payload_base64' is no base64"};
    return payload;
}

} // namespace loadsim::fleet
