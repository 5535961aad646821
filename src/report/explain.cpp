// One request, as a person reads it.
#include "figures.hpp"
#include "table.hpp"

#include <loadsim/measure/latency.hpp>
#include <loadsim/report/archive.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace loadsim::report {
namespace {

using measure::hop;
using measure::request_record;

/// Around a request, so much of its vehicle's session is told.
constexpr double around_ms = 5'000;

bool came(double ms) { return !std::isnan(ms); }

struct event {
    double at_ms;
    std::string what;
    std::string text;
};

struct instant {
    double at_ms;
    const char* name;
    const char* meaning;
};

std::vector<instant> instants_of(const request_record& r) {
    return {{r.due_ms, "due", ""},
            {r.sent_ms, "sent", "to the platform"},
            {r.accepted_ms, "accepted", "by the platform"},
            {r.delivered_ms, "delivered", "the command is at the vehicle"},
            {r.acked_ms, "acked", "the vehicle has acknowledged it"},
            {r.finished_ms, "finished", "the vehicle has said its last word"},
            {r.observed_ms, "observed", "the platform has announced the end"}};
}

event told(const measure::message_record& m) {
    auto text = printable(m.topic) + "  " + printable(m.payload);
    if (m.bytes > measure::payload_shown)
        text +=
            fmt::format(" ... (the first {} of {} bytes)", human_count(measure::payload_shown), human_count(m.bytes));
    return {m.at_ms, m.to_vehicle ? "-> vehicle" : "<- vehicle", std::move(text)};
}

event told(const measure::anomaly_record& a, const request_record& of) {
    auto text = std::string(to_string(a.what)) + (a.provoked ? " (on purpose): " : ": ") + printable(a.evidence);
    if (!a.request.empty() && a.request != of.request) text += "  [request " + printable(a.request) + ']';
    return {a.at_ms, "ANOMALY", std::move(text)};
}

/// From its first event to its last one.
std::pair<double, double> span_of(const std::vector<event>& all) {
    const auto [first, last] = std::ranges::minmax_element(all, {}, &event::at_ms);
    return all.empty() ? std::pair{0.0, 0.0} : std::pair{first->at_ms, last->at_ms};
}

std::vector<event> events_of(const archive& all, const request_record& r) {
    std::vector<event> own;
    // What comes first of what is simultaneous, as all of a rehearsal may be: a message brings about the instants at the vehicle.
    const auto instants = instants_of(r);
    constexpr std::size_t before_messages = 3;
    const auto add = [&own](const instant& i) { own.push_back({i.at_ms, i.name, i.meaning}); };
    std::for_each(instants.begin(), instants.begin() + before_messages, add);
    for (const auto& m : r.messages) own.push_back(told(m));
    std::for_each(instants.begin() + before_messages, instants.end(), add);
    for (const auto& a : all.anomalies)
        if (!a.request.empty() && a.request == r.request) own.push_back(told(a, r));
    std::erase_if(own, [](const event& e) { return !came(e.at_ms); });
    const auto [first, last] = span_of(own);
    const auto [from, until] = std::pair{first - around_ms, last + around_ms};

    std::vector<event> events;
    for (const auto& s : all.sessions) { // in order
        if (s.vin != r.vin || !(s.at_ms <= until)) continue;
        if (s.at_ms < from) events.clear(); // the last one before tells how the session stood
        events.push_back({s.at_ms, "session", printable(s.what)});
    }
    events.insert(events.end(), own.begin(), own.end());
    for (const auto& a : all.anomalies)
        if (a.vin == r.vin && (a.request.empty() || a.request != r.request) && a.at_ms >= from && a.at_ms <= until)
            events.push_back(told(a, r));
    std::ranges::stable_sort(events, {}, &event::at_ms);
    return events;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + printable(name);
    return text;
}

std::string head(const request_record& r) {
    auto text =
        r.request.empty() ? fmt::format("arrival {}, which got no id", r.arrival) : "request " + printable(r.request);
    if (r.unexpected) text += "  UNEXPECTED";
    std::vector<row> rows{
        {"vehicle",
         fmt::format("{}, segment {}, behaviour {}", printable(r.vin), printable(r.segment), printable(r.behaviour))},
        {"service", fmt::format("{}, phase {}", printable(r.service), printable(r.phase))},
        {"due", came(r.due_ms) ? fmt::format("{:.3f} s after the load's start, arrival {}", r.due_ms / 1e3, r.arrival)
                               : fmt::format("arrival {}", r.arrival)},
        {"expected", to_string(r.expected)},
        {"observed", std::string(to_string(r.observed)) + (r.why.empty() ? "" : ": " + printable(r.why))}};
    if (!r.conditions.empty()) rows.push_back({"conditions", joined(r.conditions)});
    if (!r.anomalies.empty()) rows.push_back({"anomalies", joined(r.anomalies)});
    return text + '\n' + table(rows, 2);
}

std::string timeline(const archive& all, const request_record& r) {
    const double origin = came(r.due_ms) ? r.due_ms : 0;
    std::vector<row> rows{{came(r.due_ms) ? "ms since due" : "ms of the load", "", ""}};
    for (const auto& e : events_of(all, r)) rows.push_back({fmt::format("{:+.3f}", e.at_ms - origin), e.what, e.text});
    std::vector<std::string> missing;
    for (const auto& i : instants_of(r))
        if (!came(i.at_ms)) missing.emplace_back(i.name);
    if (!missing.empty()) rows.push_back({"never", "", joined(missing)});
    return '\n' + table(rows, 0, 1);
}

std::string hops(const request_record& r) {
    const std::pair<hop, double> all[] = {{hop::lag, r.sent_ms - r.due_ms},
                                          {hop::accept, r.accepted_ms - r.due_ms},
                                          {hop::dispatch, r.delivered_ms - r.due_ms},
                                          {hop::vehicle, r.finished_ms - r.delivered_ms},
                                          {hop::notify, r.observed_ms - r.finished_ms},
                                          {hop::e2e, r.observed_ms - r.due_ms}};
    std::vector<row> rows(2);
    for (const auto& [which, ms] : all) {
        rows[0].emplace_back(to_string(which));
        rows[1].push_back(came(ms) ? human_latency(nanoseconds(std::llround(ms * 1e6))) : "-");
    }
    return '\n' + table(rows, 0);
}

} // namespace

std::string explain(const archive& all, const request_record& r) { return head(r) + timeline(all, r) + hops(r); }

} // namespace loadsim::report
