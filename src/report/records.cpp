// Lines of requests.jsonl, anomalies.jsonl, sessions.jsonl and telemetry-findings.jsonl: the fields of the records, under their names in the code.
#include "records.hpp"

#include "csv_format.hpp"
#include "json_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/enum_names.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/report_reader.hpp>

#include <boost/describe/members.hpp>
#include <boost/json.hpp>
#include <boost/mp11/algorithm.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using measure::anomaly_record;
using measure::message_record;
using measure::request_record;
using measure::session_record;

/// Calls `visit` with the name and the value of each field.
template <class Record>
void each_field(Record& record, auto&& visit) {
    using fields = boost::describe::describe_members<std::remove_const_t<Record>, boost::describe::mod_public>;
    boost::mp11::mp_for_each<fields>([&](auto field) { visit(field.name, record.*field.pointer); });
}

json::value to_json(double ms) { return rounded_ms(ms); }
json::value to_json(measure::message_direction d) { return json::value(to_string(d)); }
json::value to_json(bool flag) { return flag; }
json::value to_json(std::uint64_t count) { return count; }
json::value to_json(const std::string& text) { return json::value(text); }
json::value to_json(outcome o) { return json::value(to_string(o)); }
json::value to_json(measure::delivery_finding::kind k) { return json::value(enum_name(k)); }
json::value to_json(anomaly a) { return json::value(to_string(a)); }
json::value to_json(outcome_set all) { return json_outcomes(all); }

json::value to_json(const std::vector<std::string>& all) { return json::array(all.begin(), all.end()); }

json::value instant_json(const std::string& utc) { return utc.empty() ? json::value(nullptr) : json::value(utc); }

enum class utc_fields : std::uint8_t { all, none };

/// The fields of a record; an offset "x_at_ms" is followed by its instant "x_at".
template <class Record>
json::object object_of(const Record& record, const load_start& start, utc_fields utc = utc_fields::all) {
    json::object fields;
    each_field(record, [&](const char* name, const auto& value) {
        using type = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<type, std::vector<message_record>>) {
            auto& items = (fields[name] = json::array()).get_array();
            for (const auto& item : value) items.push_back(object_of(item, start, utc));
        } else {
            fields[name] = to_json(value);
        }
        if constexpr (std::is_same_v<type, double>)
            if (utc == utc_fields::all)
                fields[std::string_view(name).substr(0, std::strlen(name) - std::strlen("_ms"))] =
                    instant_json(utc_of(start, value));
    });
    return fields;
}

void add_hops(json::object& fields, const request_record& r) {
    auto& hops = (fields["hops_ms"] = json::object()).get_object();
    for (const auto& [name, ms] : hops_of(r)) hops[name] = rounded_ms(ms);
}

result<json::object> parse_object(std::string_view text) {
    json::parse_options lenient;
    lenient.allow_invalid_utf8 = true; // tolerated: the text is only displayed
    boost::system::error_code error;
    auto value = json::parse(text, error, {}, lenient);
    if (error) return problems{"", error.message()};
    if (!value.is_object()) return problems{"", "no JSON object"};
    return std::move(value.get_object());
}

/// Reads the fields of a record; keeps the first unknown name.
class field_reader {
public:
    explicit field_reader(const json::object& fields) : fields_(fields) {}

    void operator()(const char* name, auto& value) {
        const auto* field = fields_.if_contains(name);
        assign(value, field != nullptr ? *field : json::value(nullptr));
    }

    const std::string& problem() const { return problem_; }

private:
    static void assign(double& ms, const json::value& v) {
        ms = v.is_number() ? v.to_number<double>() : std::numeric_limits<double>::quiet_NaN();
    }
    static void assign(bool& flag, const json::value& v) { flag = v.is_bool() && v.get_bool(); }
    static void assign(std::uint64_t& count, const json::value& v) {
        boost::system::error_code error; // not a number, negative or fractional
        count = v.to_number<std::uint64_t>(error);
        if (error) count = 0;
    }
    static void assign(std::string& text, const json::value& v) {
        if (v.is_string()) text = std::string(v.get_string());
    }

    void assign(measure::message_direction& d, const json::value& v) {
        assign_named(d, v, parse_enum<measure::message_direction>, "direction");
    }
    void assign(outcome& o, const json::value& v) { assign_named(o, v, parse_outcome, "outcome"); }
    void assign(anomaly& a, const json::value& v) { assign_named(a, v, parse_anomaly, "anomaly"); }
    void assign_named(auto& named, const json::value& v, auto parse, const char* what) {
        std::string name;
        assign(name, v);
        if (const auto known = parse(name))
            named = *known;
        else if (problem_.empty())
            problem_ = fmt::format("the {} '{}' is not known here", what, name);
    }

    static void assign(outcome_set& all, const json::value& v) {
        std::vector<std::string> names;
        assign(names, v);
        for (const auto& name : names)
            if (const auto known = parse_outcome(name)) all.add(*known);
    }
    static void assign(std::vector<std::string>& all, const json::value& v) {
        if (!v.is_array()) return;
        for (const auto& item : v.get_array())
            if (item.is_string()) all.emplace_back(item.get_string());
    }
    static void assign(std::vector<message_record>& all, const json::value& v) {
        if (!v.is_array()) return;
        for (const auto& item : v.get_array())
            if (const auto* fields = item.if_object()) each_field(all.emplace_back(), field_reader(*fields));
    }

    const json::object& fields_;
    std::string problem_;
};

template <class Record>
result<Record> parse_record(std::string_view line) {
    const auto fields = parse_object(line);
    if (!fields) return fields.error();
    Record record;
    field_reader reader(*fields);
    each_field(record, reader);
    if (!reader.problem().empty()) return problems{"", reader.problem()};
    return record;
}

} // namespace

std::string utc_of(const load_start& start, double ms) {
    constexpr double longest_ms = 1e12; // 30 years
    if (!start || !(std::abs(ms) < longest_ms)) return {};
    return iso_time(*start + std::chrono::microseconds(std::llround(ms * 1e3)), iso_format::milliseconds);
}

std::string request_line(const request_record& r, const load_start& start) {
    return json_line(object_of(r, start)) + '\n';
}
std::string anomaly_line(const anomaly_record& a, const load_start& start) {
    return json_line(object_of(a, start)) + '\n';
}
std::string session_line(const session_record& s, const load_start& start) {
    return json_line(object_of(s, start)) + '\n';
}
std::string finding_line(const measure::telemetry_finding& f, const load_start& start) {
    return json_line(object_of(f, start)) + '\n';
}

json::object page_object(const request_record& r, const load_start& start) {
    auto fields = object_of(r, start, utc_fields::none);
    fields["due_at"] = instant_json(utc_of(start, r.due_at_ms));
    add_hops(fields, r);
    return fields;
}
json::object page_object(const anomaly_record& a, const load_start& start) { return object_of(a, start); }
json::object page_object(const session_record& s, const load_start& start) { return object_of(s, start); }

/// Without the messages, which are several for each request.
json::object csv_fields_of(request_record r, const load_start& start) {
    r.messages.clear();
    auto fields = object_of(r, start);
    fields.erase("messages"); // the last field: the order of the others stays
    return fields;
}

std::string request_csv_header() { return csv_header(csv_fields_of({}, {})); }
std::string request_csv_row(const request_record& r, const load_start& start) {
    return csv_row(csv_fields_of(r, start));
}

std::string explain_json(const report_contents& all) {
    json::array requests;
    json::array anomalies;
    json::array session_events;
    for (const auto& r : all.requests) {
        auto fields = object_of(r, all.load_started);
        add_hops(fields, r);
        requests.push_back(std::move(fields));
    }
    for (const auto& a : all.anomalies) anomalies.push_back(object_of(a, all.load_started));
    for (const auto& s : all.sessions) session_events.push_back(object_of(s, all.load_started));
    return json_indented(json::object{{"schema", "loadsim.explain/1"},
                                      {"version", all.version},
                                      {"mode", to_string(all.mode)},
                                      {"scenario", all.scenario},
                                      {"load_started_at", instant_json(utc_of(all.load_started, 0))},
                                      {"recorded_requests", all.recorded},
                                      {"unexpected_requests", all.unexpected},
                                      {"matching_requests", all.matching},
                                      {"warnings", to_json(all.warnings)},
                                      {"requests", std::move(requests)},
                                      {"anomalies", std::move(anomalies)},
                                      {"session_events", std::move(session_events)}});
}

result<request_record> parse_request_record(std::string_view line) { return parse_record<request_record>(line); }
result<anomaly_record> parse_anomaly_record(std::string_view line) { return parse_record<anomaly_record>(line); }
result<session_record> parse_session_record(std::string_view line) { return parse_record<session_record>(line); }

result<run_metadata> parse_run_metadata(std::string_view text) {
    const auto fields = parse_object(text);
    if (!fields) return fields.error();
    run_metadata metadata;
    std::string mode_name;
    std::string started;
    std::string load_started;
    field_reader read(*fields);
    read("schema", metadata.schema);
    read("version", metadata.version);
    read("scenario", metadata.scenario);
    read("mode", mode_name);
    read("started_at", started);
    metadata.started = parse_iso_time(started);
    read("load_started_at", load_started);
    metadata.load_started = parse_iso_time(load_started);
    read("omitted_records", metadata.omitted_records);
    for (const auto mode : {measure::run_mode::rehearsal, measure::run_mode::replay})
        if (mode_name == to_string(mode)) metadata.mode = mode;
    return metadata;
}

} // namespace loadsim::report
