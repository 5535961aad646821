// Lines of timeline.jsonl, requests.jsonl, anomalies.jsonl and sessions.jsonl.
#include "json_format.hpp"

#include <loadsim/report/report_folder.hpp>

#include <boost/json.hpp>

#include <cmath>
#include <utility>

namespace loadsim::report {
namespace {

namespace json = boost::json;

double rounded_ms(double ms) { return std::round(ms * 1e3) / 1e3; } // NaN stays NaN and is printed as null

} // namespace

std::string timeline_line(const measure::progress& p, const measure::labels& labels) {
    const auto& interval = p.interval;
    json::object line{{"t_s", json_s(p.elapsed)}, {"interval_s", p.interval_s}, {"stage", to_string(p.current_stage)}};
    const bool in_phase = p.current_stage == measure::stage::load && p.phase < labels.phases.size();
    line["phase"] = in_phase ? json::value(labels.phases[p.phase]) : json::value(nullptr);
    line["load_s"] = json_s(p.load_elapsed);
    line["asked_rate"] = p.target_rate;
    line["due"] = interval.requests.due;
    line["sent"] = interval.requests.sent;
    for (std::size_t i = 0; i < outcome_count; ++i) line[outcome_names[i]] = interval.requests.outcomes[i];
    line["unexpected"] = interval.requests.unexpected;
    line["in_flight"] = p.in_flight;
    line["sessions"] = p.sessions_online;
    line["refused"] = interval.sessions.refused;
    line["dropped"] = interval.sessions.dropped;
    line["reconnects"] = interval.sessions.reconnects;

    const auto add_latency = [&](std::string_view key, const measure::histogram& h, nanoseconds value) {
        line[key] = h.empty() ? json::value(nullptr) : json::value(json_ms(value));
    };
    const auto e2e = interval.latencies.select(measure::hop::e2e);
    add_latency("e2e_p50_ms", e2e, e2e.percentile(50));
    add_latency("e2e_p99_ms", e2e, e2e.percentile(99));
    add_latency("e2e_max_ms", e2e, e2e.max());
    const auto lag = interval.latencies.select(measure::hop::lag);
    add_latency("lag_p99_ms", lag, lag.percentile(99));

    line["cpu_s"] = p.generator.cpu_s;
    line["rss_bytes"] = p.generator.rss_bytes;
    line["published"] = interval.messages.published;
    line["received"] = interval.messages.received;
    line["bytes_sent"] = interval.messages.bytes_sent;
    line["bytes_received"] = interval.messages.bytes_received;
    return json_line(line) + '\n';
}

std::string request_line(const measure::request_record& r) {
    json::array messages;
    for (const auto& m : r.messages)
        messages.push_back(json::object{{"at_ms", rounded_ms(m.at_ms)},
                                        {"to_vehicle", m.to_vehicle},
                                        {"topic", m.topic},
                                        {"payload", m.payload},
                                        {"bytes", m.bytes}});
    const json::object line{{"arrival", r.arrival},
                            {"request", r.request},
                            {"vin", r.vin},
                            {"segment", r.segment},
                            {"behaviour", r.behaviour},
                            {"service", r.service},
                            {"phase", r.phase},
                            {"expected", json_outcomes(r.expected)},
                            {"observed", to_string(r.observed)},
                            {"unexpected", r.unexpected},
                            {"why", r.why},
                            {"due_ms", rounded_ms(r.due_ms)},
                            {"sent_ms", rounded_ms(r.sent_ms)},
                            {"accepted_ms", rounded_ms(r.accepted_ms)},
                            {"delivered_ms", rounded_ms(r.delivered_ms)},
                            {"acked_ms", rounded_ms(r.acked_ms)},
                            {"finished_ms", rounded_ms(r.finished_ms)},
                            {"observed_ms", rounded_ms(r.observed_ms)},
                            {"conditions", json::array(r.conditions.begin(), r.conditions.end())},
                            {"anomalies", json::array(r.anomalies.begin(), r.anomalies.end())},
                            {"messages", std::move(messages)}};
    return json_line(line) + '\n';
}

std::string anomaly_line(const measure::anomaly_record& a) {
    const json::object line{{"anomaly", to_string(a.kind)}, {"provoked", a.expected},
                            {"at_ms", rounded_ms(a.at_ms)}, {"vin", a.vin},
                            {"request", a.request},         {"evidence", a.evidence}};
    return json_line(line) + '\n';
}

std::string session_line(const measure::session_record& s) {
    return json_line(json::object{{"at_ms", rounded_ms(s.at_ms)}, {"vin", s.vin}, {"what", s.event}}) + '\n';
}

} // namespace loadsim::report
