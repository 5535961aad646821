// Texts of `loadsim explain`: one-page overview of unexpected requests and anomalies, and timeline of one request.
#include "records.hpp"
#include "summary_sections.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/measure/latency.hpp>
#include <loadsim/report/report_reader.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

namespace loadsim::report {
namespace {

std::string time_text(double ms) { return std::isnan(ms) ? "-" : fmt::format("{:.3f} s", ms / 1e3); }

/// Time of day in UTC of an offset; "-": unknown. The date is in the headings.
std::string utc_time(const report_contents& all, double ms) {
    const auto utc = utc_of(all.load_started, ms);
    constexpr std::size_t date = 11; // "2026-01-31T"
    return utc.empty() ? "-" : utc.substr(date, utc.size() - date - 1);
}

std::string heading(const report_contents& all) {
    auto text = all.scenario.empty() ? std::string("unnamed run") : escape_for_terminal(all.scenario);
    if (const auto kind = mode_text(all.mode); !kind.empty()) text += "  (" + std::string(kind) + ')';
    text += fmt::format("\n    {} recorded, {} of them unexpected\n", count_of(all.recorded, "request", "requests"),
                        human_count(all.unexpected));
    if (const auto utc = utc_of(all.load_started, 0); !utc.empty()) text += "    the load started at " + utc + '\n';
    return text;
}

std::string requests(const report_contents& all) {
    if (all.requests.empty()) return "";
    std::vector<row> rows{
        {"UTC", "due at", "vehicle", "service", "expected", "observed", "request", "reason, anomalies"}};
    for (const auto& r : all.requests) {
        auto reason = r.reason;
        for (const auto& name : r.anomalies) reason += (reason.empty() ? "" : ", ") + name;
        rows.push_back({utc_time(all, r.due_at_ms), time_text(r.due_at_ms), r.vin, r.service,
                        to_string(r.expected_outcomes), std::string(to_string(r.outcome)),
                        r.request_id.empty() ? "-" : r.request_id, reason});
    }
    std::string text = "\nunexpected requests, and requests with an anomaly\n" + table(rows, 0, 2);
    if (all.matching > all.requests.size())
        text +=
            fmt::format("    ... and {} more; --limit shows more\n", human_count(all.matching - all.requests.size()));
    return text;
}

/// Anomalies of requests that are not listed above.
std::string other_anomalies(const report_contents& all) {
    std::unordered_set<std::string> listed;
    for (const auto& r : all.requests) listed.insert(r.request_id);
    listed.erase("");
    std::vector<row> rows{{"UTC", "at", "vehicle", "anomaly", "evidence"}};
    for (const auto& a : all.anomalies)
        if (!a.expected && !listed.contains(a.request_id))
            rows.push_back({utc_time(all, a.at_ms), time_text(a.at_ms), a.vin.empty() ? "-" : a.vin,
                            std::string(to_string(a.kind)), a.evidence});
    return rows.size() == 1 ? "" : "\nanomalies of other requests, and without a request\n" + table(rows, 0, 2);
}

std::string suggested_commands(const report_contents& all, const std::filesystem::path& folder) {
    const auto quoted_folder = shell_quote(folder.string());
    const auto explain = command_name() + " explain " + quoted_folder;
    std::vector<row> rows;
    const auto with_id = std::ranges::find_if(all.requests, [](const auto& r) { return !r.request_id.empty(); });
    if (with_id != all.requests.end()) {
        const auto request = " --request " + shell_quote(with_id->request_id);
        rows.push_back({explain + request, "timeline of this request"});
        rows.push_back({command_name() + " replay " + quoted_folder + request, "run it again"});
    }
    if (!all.requests.empty()) {
        rows.push_back(
            {explain + " --vehicle " + shell_quote(all.requests.front().vin), "all requests of this vehicle"});
        rows.push_back({explain + " --unexpected", "timelines of all these requests"});
    }
    return rows.empty() ? "\nnothing unexpected\n" : "\nnext\n" + table(rows, 2);
}

using measure::hop;
using measure::request_record;

/// Session events are listed from this long before the request's first event until this long after its last.
constexpr double session_margin_ms = 5'000;

bool has_occurred(double ms) { return !std::isnan(ms); }

struct timeline_event {
    double at_ms;
    std::string label;
    std::string text;
};

struct instant {
    double at_ms;
    const char* name;
    const char* meaning;
};

/// True: the outcome is that of a completion.
bool is_completed(outcome o) { return o == outcome::executed || o == outcome::failed || o == outcome::timed_out; }

const char* meaning_of(outcome o) {
    switch (o) {
    case outcome::rejected: return "rejected by the platform's API";
    case outcome::errored: return "the request failed";
    case outcome::unanswered: return "no completion: no longer awaited";
    case outcome::skipped: return "";
    default: return "completion announced by the platform";
    }
}

std::vector<instant> instants_of(const request_record& r) {
    return {{r.due_at_ms, "due", ""},
            {r.begun_at_ms, "begun", "by the load generator"},
            {r.sent_at_ms, "sent", "to the platform"},
            {r.accepted_at_ms, "accepted", "by the platform"},
            {r.delivered_at_ms, "delivered", "command received by the vehicle"},
            {r.acked_at_ms, "acked", "acknowledged by the vehicle"},
            {r.finished_at_ms, "finished", "final response sent by the vehicle"},
            {r.observed_at_ms, "observed", meaning_of(r.outcome)}};
}

const char* label_of(measure::message_direction d) {
    using enum measure::message_direction;
    switch (d) {
    case to_api: return "-> API";
    case from_api: return "<- API";
    case to_vehicle: return "-> vehicle";
    case from_vehicle: return "<- vehicle";
    case to_observer: return "-> observer";
    }
    return "";
}

timeline_event event_of(const measure::message_record& m) {
    auto text = m.head + "  " + m.payload;
    if (m.payload_bytes > measure::max_payload_bytes)
        text += fmt::format(" ... (the first {} of {} bytes)", human_count(measure::max_payload_bytes),
                            human_count(m.payload_bytes));
    return {m.at_ms, label_of(m.direction), std::move(text)};
}

timeline_event event_of(const measure::anomaly_record& a, const request_record& of) {
    auto text = std::string(to_string(a.kind)) + (a.expected ? " (expected): " : ": ") + a.evidence;
    if (!a.request_id.empty() && a.request_id != of.request_id) text += "  [request " + a.request_id + ']';
    return {a.at_ms, "ANOMALY", std::move(text)};
}

/// Times of the first and the last event.
std::pair<double, double> span_of(const std::vector<timeline_event>& all) {
    const auto [first, last] = std::ranges::minmax_element(all, {}, &timeline_event::at_ms);
    return all.empty() ? std::pair{0.0, 0.0} : std::pair{first->at_ms, last->at_ms};
}

std::vector<timeline_event> events_of(const report_contents& all, const request_record& r) {
    std::vector<timeline_event> request_events;
    // Order of simultaneous events (common in a rehearsal), kept by the stable sort: messages cause the instants at the vehicle.
    const auto instants = instants_of(r);
    constexpr std::size_t instants_before_api = 3; // due, begun, sent; then accepted
    const auto add = [&request_events](const instant& i) { request_events.push_back({i.at_ms, i.name, i.meaning}); };
    const auto add_messages = [&](bool of_api) {
        using enum measure::message_direction;
        for (const auto& m : r.messages)
            if ((m.direction == to_api || m.direction == from_api) == of_api) request_events.push_back(event_of(m));
    };
    std::for_each_n(instants.begin(), instants_before_api, add);
    add_messages(true);
    add(instants[instants_before_api]);
    add_messages(false);
    std::for_each(instants.begin() + instants_before_api + 1, instants.end(), add);
    for (const auto& a : all.anomalies)
        if (!a.request_id.empty() && a.request_id == r.request_id) request_events.push_back(event_of(a, r));
    std::erase_if(request_events, [](const timeline_event& e) { return !has_occurred(e.at_ms); });
    const auto [first, last] = span_of(request_events);
    const auto [from, until] = std::pair{first - session_margin_ms, last + session_margin_ms};

    std::vector<timeline_event> events;
    for (const auto& s : all.sessions) { // in order
        if (s.vin != r.vin || !(s.at_ms <= until)) continue;
        if (s.at_ms < from) events.clear(); // keep the last event before the window: the session's state at its begin
        events.push_back({s.at_ms, "session", s.event});
    }
    events.insert(events.end(), request_events.begin(), request_events.end());
    for (const auto& a : all.anomalies)
        if (a.vin == r.vin && (a.request_id.empty() || a.request_id != r.request_id) && a.at_ms >= from &&
            a.at_ms <= until)
            events.push_back(event_of(a, r));
    std::ranges::stable_sort(events, {}, &timeline_event::at_ms);
    return events;
}

std::string join(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

std::string heading(const report_contents& all, const request_record& r) {
    auto text = r.request_id.empty() ? fmt::format("arrival {}, without a request id", r.arrival)
                                     : "request " + escape_for_terminal(r.request_id);
    if (r.unexpected) text += "  UNEXPECTED";
    const auto due_utc = utc_of(all.load_started, r.due_at_ms);
    std::vector<row> rows{{"vehicle", fmt::format("{}, segment {}, behaviour {}", r.vin, r.segment, r.behaviour)},
                          {"service", fmt::format("{}, phase {}", r.service, r.phase)},
                          {"due", has_occurred(r.due_at_ms)
                                      ? fmt::format("{}{}{:.3f} s after the load's start, arrival {}", due_utc,
                                                    due_utc.empty() ? "" : ", ", r.due_at_ms / 1e3, r.arrival)
                                      : fmt::format("arrival {}", r.arrival)},
                          {"expected", to_string(r.expected_outcomes)},
                          {"observed", std::string(to_string(r.outcome)) + (r.reason.empty() ? "" : ": " + r.reason)}};
    if (!r.traceparent.empty()) rows.push_back({"trace", r.traceparent});
    if (!r.conditions.empty()) rows.push_back({"conditions", join(r.conditions)});
    if (!r.anomalies.empty()) rows.push_back({"anomalies", join(r.anomalies)});
    return text + '\n' + table(rows, 2);
}

std::string timeline(const report_contents& all, const request_record& r) {
    const double origin = has_occurred(r.due_at_ms) ? r.due_at_ms : 0;
    std::vector<row> rows{{"UTC", has_occurred(r.due_at_ms) ? "ms since due" : "ms of the load", "", ""}};
    for (const auto& e : events_of(all, r))
        rows.push_back({utc_time(all, e.at_ms), fmt::format("{:+.3f}", e.at_ms - origin), e.label, e.text});
    std::vector<std::string> missing;
    for (const auto& i : instants_of(r))
        if (!has_occurred(i.at_ms)) missing.emplace_back(i.name);
    if (!missing.empty()) rows.push_back({"", "never", "", join(missing)});
    return '\n' + table(rows, 0, 2);
}

std::string hops(const request_record& r) {
    std::vector<row> rows(2);
    for (const auto& [which, ms] : hops_of(r)) {
        rows[0].emplace_back(which);
        rows[1].push_back(has_occurred(ms) ? human_latency(nanoseconds(std::llround(ms * 1e6))) : "-");
    }
    return '\n' + table(rows, 0);
}

} // namespace

std::vector<std::pair<std::string_view, double>> hops_of(const request_record& r) {
    const double completed_at_ms = is_completed(r.outcome) ? r.observed_at_ms : std::nan("");
    return {{to_string(hop::lag), r.begun_at_ms - r.due_at_ms},
            {"connection wait", r.sent_at_ms - r.begun_at_ms},
            {to_string(hop::accept), r.accepted_at_ms - r.due_at_ms},
            {to_string(hop::dispatch), r.delivered_at_ms - r.due_at_ms},
            {to_string(hop::vehicle), r.finished_at_ms - r.delivered_at_ms},
            {to_string(hop::notify), completed_at_ms - r.finished_at_ms},
            {to_string(hop::e2e), completed_at_ms - r.due_at_ms}};
}

std::string run_overview(const report_contents& all, const std::filesystem::path& folder) {
    return heading(all) + requests(all) +
           anomalies_text(all.anomalies_by_kind, all.expected_anomalies_by_kind, all.omitted_records) +
           other_anomalies(all) + suggested_commands(all, folder);
}

std::string explain(const report_contents& all, const request_record& r) {
    return heading(all, r) + timeline(all, r) + hops(r);
}

} // namespace loadsim::report
