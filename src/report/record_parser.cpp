#include "record_parser.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <limits>
#include <optional>

namespace loadsim::report {
namespace {

namespace json = boost::json;

result<json::object> parse_object(std::string_view text) {
    json::parse_options lenient;
    lenient.allow_invalid_utf8 = true; // tolerated: the text is only displayed
    boost::system::error_code error;
    auto value = json::parse(text, error, {}, lenient);
    if (error) return problems{"", error.message()};
    if (!value.is_object()) return problems{"", "no JSON object"};
    return std::move(value.get_object());
}

std::string text_at(const json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_string() ? std::string(v->get_string()) : std::string{};
}

double ms_at(const json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_number() ? v->to_number<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::uint64_t count_at(const json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    boost::system::error_code error; // not a number, negative or fractional
    const auto n = v != nullptr ? v->to_number<std::uint64_t>(error) : 0;
    return error ? 0 : n;
}

std::optional<bool> flag_at(const json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_bool() ? std::optional(v->get_bool()) : std::nullopt;
}

std::vector<std::string> texts_at(const json::object& o, std::string_view key) {
    std::vector<std::string> all;
    if (const auto* v = o.if_contains(key); v != nullptr && v->is_array())
        for (const auto& item : v->get_array())
            if (item.is_string()) all.emplace_back(item.get_string());
    return all;
}

/// Array of outcomes; earlier versions wrote a single string.
outcome_set outcomes_at(const json::object& o, std::string_view key) {
    auto names = texts_at(o, key);
    if (names.empty()) names.push_back(text_at(o, key));
    outcome_set all;
    for (const auto& name : names)
        if (const auto known = parse_outcome(name)) all.add(*known);
    return all;
}

std::vector<measure::message_record> messages_of(const json::object& o) {
    std::vector<measure::message_record> all;
    if (const auto* v = o.if_contains("messages"); v != nullptr && v->is_array())
        for (const auto& item : v->get_array())
            if (const auto* m = item.if_object())
                all.push_back({.at_ms = ms_at(*m, "at_ms"),
                               .to_vehicle = flag_at(*m, "to_vehicle").value_or(false),
                               .topic = text_at(*m, "topic"),
                               .payload = text_at(*m, "payload"),
                               .bytes = count_at(*m, "bytes")});
    return all;
}

} // namespace

result<measure::request_record> parse_request_record(std::string_view line) {
    const auto o = parse_object(line);
    if (!o) return o.error();
    const auto observed = parse_outcome(text_at(*o, "observed"));
    if (!observed) return problems{"", fmt::format("the outcome '{}' is not known here", text_at(*o, "observed"))};
    measure::request_record r;
    r.arrival = count_at(*o, "arrival");
    r.request = text_at(*o, "request");
    r.vin = text_at(*o, "vin");
    r.segment = text_at(*o, "segment");
    r.behaviour = text_at(*o, "behaviour");
    r.service = text_at(*o, "service");
    r.phase = text_at(*o, "phase");
    r.expected = outcomes_at(*o, "expected");
    r.observed = *observed;
    r.unexpected = flag_at(*o, "unexpected").value_or(!r.expected.contains(*observed));
    r.why = text_at(*o, "why");
    r.due_ms = ms_at(*o, "due_ms");
    r.sent_ms = ms_at(*o, "sent_ms");
    r.accepted_ms = ms_at(*o, "accepted_ms");
    r.delivered_ms = ms_at(*o, "delivered_ms");
    r.acked_ms = ms_at(*o, "acked_ms");
    r.finished_ms = ms_at(*o, "finished_ms");
    r.observed_ms = ms_at(*o, "observed_ms");
    r.messages = messages_of(*o);
    r.conditions = texts_at(*o, "conditions");
    r.anomalies = texts_at(*o, "anomalies");
    return r;
}

result<measure::anomaly_record> parse_anomaly_record(std::string_view line) {
    const auto o = parse_object(line);
    if (!o) return o.error();
    const auto kind = parse_anomaly(text_at(*o, "anomaly"));
    if (!kind) return problems{"", fmt::format("the anomaly '{}' is not known here", text_at(*o, "anomaly"))};
    return measure::anomaly_record{.kind = *kind,
                                   .expected = flag_at(*o, "provoked").value_or(false),
                                   .at_ms = ms_at(*o, "at_ms"),
                                   .vin = text_at(*o, "vin"),
                                   .request = text_at(*o, "request"),
                                   .evidence = text_at(*o, "evidence")};
}

result<measure::session_record> parse_session_record(std::string_view line) {
    const auto o = parse_object(line);
    if (!o) return o.error();
    return measure::session_record{
        .at_ms = ms_at(*o, "at_ms"), .vin = text_at(*o, "vin"), .event = text_at(*o, "what")};
}

result<run_metadata> parse_run_metadata(std::string_view text) {
    const auto o = parse_object(text);
    if (!o) return o.error();
    run_metadata metadata{.schema = text_at(*o, "schema"),
                          .version = text_at(*o, "version"),
                          .scenario = text_at(*o, "scenario"),
                          .mode = measure::run_mode::run,
                          .not_recorded = count_at(*o, "not_recorded")};
    for (const auto mode : {measure::run_mode::rehearsal, measure::run_mode::replay})
        if (text_at(*o, "mode") == to_string(mode)) metadata.mode = mode;
    return metadata;
}

} // namespace loadsim::report
