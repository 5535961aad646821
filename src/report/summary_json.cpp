// Text of run.json and summary.json, and the lines of timeline.jsonl.
#include "json_format.hpp"
#include "records.hpp"
#include "telemetry_json.hpp"
#include "text_format.hpp"
#include "timeline.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/report/report_folder.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using measure::hop;
using measure::labels;
using measure::run_result;

json::object counts_by_text(const std::map<std::string, std::uint64_t>& counts) {
    json::object all;
    for (const auto& [text, count] : counts) all[text] = count;
    return all;
}

json::object texts_by_name(const std::vector<std::pair<std::string, std::string>>& texts) {
    json::object all;
    for (const auto& [name, text] : texts) all[name] = text;
    return all;
}

json::value instant_or_null(const load_start& when) {
    return when ? json::value(iso_time(*when, iso_format::milliseconds)) : json::value(nullptr);
}

/// Array of counts by name, including zeros.
template <std::size_t N>
json::object counts_by_name(const std::array<std::uint64_t, N>& counts, const std::array<std::string_view, N>& names) {
    json::object all;
    for (std::size_t i = 0; i < N; ++i) all[names[i]] = counts[i];
    return all;
}

/// With the requests that the load generator's own lateness could have skipped.
json::object judged_counts(const measure::request_counts& r) {
    auto counts = json_requests(r);
    counts["skipped_late"] = r.skipped_late;
    counts["unexpected_late"] = r.unexpected_late;
    return counts;
}

json::object requests(const run_result& run) {
    auto counts = judged_counts(run.sum.requests);
    counts["planned"] = run.planned_arrivals;
    counts["open"] = run.sum.requests.due - run.sum.requests.ended(); // not 0 only after an aborted run
    counts["error_reasons"] = counts_by_text(run.sum.errors);
    return counts;
}

json::array outcome_matrix(const measure::totals& sum, const labels& labels) {
    json::array rows;
    for (const auto& [key, count] : sum.matrix) {
        const auto& [segment, service, expected, observed] = key;
        rows.push_back(json::object{{"segment", name_at(labels.segments, segment)},
                                    {"behaviour", name_at(labels.behaviours, segment)},
                                    {"service", name_at(labels.services, service)},
                                    {"expected_outcomes", json_outcomes(expected)},
                                    {"outcome", to_string(observed)},
                                    {"unexpected", !expected.contains(observed)},
                                    {"count", count}});
    }
    return rows;
}

/// Requests a second, with three decimals; null for no time.
json::value rate_or_null(std::uint64_t requests, nanoseconds time) {
    if (time.count() == 0) return nullptr;
    return std::round(static_cast<double>(requests) / seconds(time) * 1e3) / 1e3;
}

/// `late`: phases that are not judged.
json::array phases(const run_result& run, const labels& labels, const std::vector<std::uint32_t>& late) {
    const auto& sum = run.sum;
    json::array rows;
    for (std::uint32_t i = 0; i < sum.phases.size(); ++i) {
        json::object row{{"name", name_at(labels.phases, i)}};
        const auto planned = i < run.load_phases.size() ? run.load_phases[i] : measure::load_phase{};
        row["asked_rate_per_s"] = rate_or_null(planned.planned, planned.duration);
        row["achieved_rate_per_s"] = rate_or_null(sum.phases[i].sent, planned.elapsed);
        for (const auto& [name, value] : judged_counts(sum.phases[i])) row[name] = value;
        row["e2e"] = json_latency(sum.latencies.select(hop::e2e, {.service = {}, .phase = i}));
        row["lag"] = json_latency(sum.latencies.select(hop::lag, {.service = {}, .phase = i}));
        row["loop_delay"] =
            json_latency(i < sum.phase_loop_delay.size() ? sum.phase_loop_delay[i] : measure::histogram{});
        row["judged"] = std::ranges::count(late, i) == 0;
        rows.push_back(std::move(row));
    }
    return rows;
}

json::array services(const measure::totals& sum, const labels& labels) {
    json::array rows;
    for (std::uint32_t i = 0; i < labels.services.size(); ++i)
        rows.push_back(
            json::object{{"name", labels.services[i]},
                         {"e2e", json_latency(sum.latencies.select(hop::e2e, {.service = i, .phase = {}}))}});
    return rows;
}

json::object latency(const measure::totals& sum, json::object (*of_hop)(const measure::histogram&)) {
    json::object hops;
    for (std::size_t i = 0; i < measure::hop_names.size(); ++i)
        hops[measure::hop_names[i]] = of_hop(sum.latencies.select(static_cast<hop>(i)));
    return hops;
}

/// Null without TLS.
json::value tls(const measure::tls_counts& t) {
    if (t == measure::tls_counts{}) return nullptr;
    return json::object{{"handshake", json_latency(t.completed())},
                        {"full", json_latency(t.full)},
                        {"resumed", json_latency(t.resumed)},
                        {"unverified", t.unverified},
                        {"failed", t.failed()},
                        {"error_reasons", counts_by_text(t.failures)},
                        {"bytes_sent", t.bytes_sent},
                        {"bytes_received", t.bytes_received}};
}

json::object sessions(const run_result& run) {
    const auto& s = run.sum.sessions;
    return {{"planned", run.sessions_planned},
            {"online_peak", run.sessions_peak},
            {"refused", s.refused},
            {"dropped", s.dropped},
            {"reconnects", s.reconnects},
            {"syn_retransmitted", s.syn_retransmitted},
            {"connect", json_latency(s.connect)},
            {"tcp", json_latency(s.tcp)},
            {"tls", tls(s.tls)},
            {"connack", json_latency(s.connack)},
            {"addresses", counts_by_text(s.addresses)},
            {"error_reasons", counts_by_text(s.reasons)}};
}

json::object messages(const measure::message_counts& m) {
    return {{"published", m.published},
            {"received", m.received},
            {"bytes_sent", m.bytes_sent},
            {"bytes_received", m.bytes_received}};
}

/// Null if the HTTP driver was not used.
json::value http(const measure::http_counts& h) {
    if (h.connection_limit == 0) return nullptr;
    const auto each = static_cast<double>(h.requests) / static_cast<double>(h.opened);
    return json::object{
        {"requests", h.requests},
        {"connections",
         {{"limit", h.connection_limit}, {"opened", h.opened}, {"open_peak", h.open_peak}, {"busy_peak", h.busy_peak}}},
        {"requests_per_connection", h.opened == 0 ? json::value(nullptr) : json::value(each)},
        {"timeouts", h.timeouts},
        {"retries", h.retries},
        {"failovers", h.failovers},
        {"addresses", counts_by_text(h.addresses)},
        {"connection_wait", json_latency(h.connection_wait)}};
}

json::object queued(const measure::queued_counts& q) {
    return {{"delivered", q.delivered}, {"out_of_order", q.out_of_order}, {"wait", json_latency(q.wait)}};
}

json::array recoveries(const run_result& run) {
    const auto ms_or_null = [](const std::optional<nanoseconds>& d) {
        return d ? json::value(json_ms(*d)) : json::value(nullptr);
    };
    json::array rows;
    for (const auto& r : run.recoveries)
        rows.push_back(json::object{{"condition", r.condition},
                                    {"occurrence", r.occurrence},
                                    {"started_at_ms", json_ms(r.started)},
                                    {"affected_vehicles", r.affected},
                                    {"recovered_vehicles", r.recovered},
                                    {"recovery_ms", ms_or_null(r.recovery_time)},
                                    {"latency_budget", r.budget.empty() ? json::value(nullptr) : json::value(r.budget)},
                                    {"latency_recovery_ms", ms_or_null(r.latency_recovery_time)}});
    return rows;
}

json::array observers(const measure::totals& sum, const labels& labels) {
    json::array rows;
    for (const auto& [index, o] : sum.observers)
        rows.push_back(json::object{{"name", labels.observer(index)},
                                    {"received", o.received},
                                    {"completions", o.completions},
                                    {"first_completions", o.first_completions},
                                    {"disagreements", o.disagreements},
                                    {"rejections", counts_by_text(o.rejections)},
                                    {"connection_errors", counts_by_text(o.connection_errors)},
                                    {"addresses", counts_by_text(o.addresses)}});
    return rows;
}

json::array campaigns(const measure::totals& sum, const labels& labels) {
    json::array rows;
    for (const auto& [index, c] : sum.campaigns)
        rows.push_back(json::object{{"name", name_at(labels.campaigns, index)},
                                    {"published", c.published},
                                    {"addressed_vehicles", c.addressed},
                                    {"deliveries", c.delivered},
                                    {"deliveries_after_reconnect", c.delivered_after_reconnect},
                                    {"duplicate_deliveries", c.duplicate_deliveries},
                                    {"latency", json_latency(c.latency)}});
    return rows;
}

/// Null if there is no simulated broker API.
json::value broker_api(const measure::broker_api_counts& c) {
    if (c == measure::broker_api_counts{}) return nullptr;
    return json::object{{"commands",
                         {{"accepted", c.accepted},
                          {"refused", c.refused},
                          {"reset", c.reset},
                          {"malformed", c.malformed},
                          {"delayed", c.delayed}}},
                        {"responses",
                         {{"posted", c.posted},
                          {"rejected", c.rejected},
                          {"failed", c.failed},
                          {"dropped", c.dropped},
                          {"duplicated", c.duplicated}}},
                        {"error_reasons", counts_by_text(c.reasons)}};
}

/// CPU time and memory of the load generator so far.
json::object generator_usage(const measure::generator_usage& g) {
    return {{"cpu_time_ms", rounded_ms(g.cpu_s * 1e3)}, {"rss_bytes", g.rss_bytes}};
}

json::array machine_rows(const measure::generator_usage& g) {
    const auto or_null = [](const std::optional<double>& value, double factor = 1) {
        return value ? json::value(rounded_ms(*value * factor)) : json::value(nullptr);
    };
    json::array rows;
    for (const auto& m : g.machines)
        rows.push_back(json::object{{"host", m.host},
                                    {"measured_ms", rounded_ms(m.measured_s * 1e3)},
                                    {"cores", or_null(m.cores)},
                                    {"cores_usable", or_null(m.cores_usable)},
                                    {"generator_share", or_null(m.own_share)},
                                    {"other_share", or_null(m.other_share)},
                                    {"steal_share", or_null(m.steal_share)},
                                    {"stalled_ms", or_null(m.stalled_s, 1e3)},
                                    {"throttled_ms", or_null(m.throttled_s, 1e3)}});
    return rows;
}

json::object generator(const run_result& run) {
    auto usage = generator_usage(run.generator);
    usage["shards"] = run.generator.shards;
    usage["ranks"] = run.generator.ranks;
    usage["lag_limit_ms"] = json_ms(run.lag_limit);
    usage["loop_delay"] = json_latency(run.sum.loop_delay);
    usage["machines"] = machine_rows(run.generator);
    return usage;
}

/// Of a header or a result: what the run was, in run.json and summary.json.
json::object identity_fields(std::string_view schema, const auto& run) {
    return {{"schema", schema},
            {"version", run.origin.version},
            {"host", run.origin.host},
            {"target", run.origin.target},
            {"labels", texts_by_name(run.origin.labels)},
            {"mode", to_string(run.mode)},
            {"scenario", run.scenario},
            {"seed", run.seed}};
}

void add_start_fields(json::object& fields, const auto& run) {
    fields["started_at"] = iso_time(run.started, iso_format::seconds);
    fields["load_started_at"] = instant_or_null(run.load_started);
}

} // namespace

std::string run_json(const run_header& run) {
    auto fields = identity_fields(run_schema, run);
    add_start_fields(fields, run);
    return json_indented(fields);
}

std::string summary_json(const run_result& run, const verdict::evaluation& evaluation, const labels& labels) {
    const auto& sum = run.sum;
    auto summary = identity_fields(summary_schema, run);
    summary["verdict"] = to_string(evaluation.verdict);
    summary["exit_code"] = static_cast<int>(evaluation.code);
    summary["verdict_reasons"] = json::array(evaluation.reasons.begin(), evaluation.reasons.end());
    add_start_fields(summary, run);
    const json::object figures{
        {"duration_ms", json_ms(run.elapsed)},
        {"end_reason", enum_name(run.ended)},
        {"requests", requests(run)},
        {"outcome_matrix", outcome_matrix(sum, labels)},
        {"phases", phases(run, labels, evaluation.late_phases)},
        {"services", services(sum, labels)},
        {"latency", latency(sum, json_latency)},
        {"sessions", sessions(run)},
        {"messages", messages(sum.messages)},
        {"http", http(sum.http)},
        {"queued", queued(sum.queued)},
        {"recoveries", recoveries(run)},
        {"observers", observers(sum, labels)},
        {"campaigns", campaigns(sum, labels)},
        {"broker_api", broker_api(sum.broker_api)},
        {"telemetry", telemetry_rows(sum, labels)},
        {"telemetry_backlogs", telemetry_backlogs(sum.backlogs)},
        {"taps", tap_rows(sum, labels)},
        {"unmatched_fields", counts_by_text(sum.unmatched_fields)},
        {"broker_limits", counts_by_text(sum.broker_limits)},
        {"anomalies", counts_by_name(sum.anomalies, anomaly_names)},
        {"expected_anomalies", counts_by_name(sum.expected_anomalies, anomaly_names)},
        {"omitted_records", sum.omitted_records},
        {"generator", generator(run)},
        {"budgets", json_budgets(evaluation.budgets)},
    };
    summary.insert(figures.begin(), figures.end());
    return json_indented(summary);
}

std::string with_exit_code(std::string_view summary, verdict::exit_code code) {
    // In the text, not parsed: other numbers stay as they were written. A string holds no line break.
    constexpr std::string_view field = "\n  \"exit_code\": ";
    const auto at = summary.find(field);
    if (at == std::string_view::npos) return {};
    const auto value = at + field.size();
    const auto end = std::min(summary.find_first_not_of("0123456789", value), summary.size());
    return fmt::format("{}{}{}", summary.substr(0, value), static_cast<int>(code), summary.substr(end));
}

json::object timeline_object(const measure::progress& p, const labels& labels) {
    const auto& interval = p.interval;
    const bool in_phase = p.current_stage == measure::stage::load && p.phase < labels.phases.size();
    auto requests = json_requests(interval.requests);
    requests["in_flight"] = p.in_flight;
    requests["waiting_for_connection"] = p.waiting;
    json::array conditions;
    for (const auto c : p.conditions) conditions.emplace_back(labels.conditions[c]);
    return {{"time", iso_time(p.time, iso_format::milliseconds)},
            {"elapsed_ms", json_ms(p.elapsed)},
            {"interval_ms", rounded_ms(p.interval_s * 1e3)},
            {"stage", to_string(p.current_stage)},
            {"phase", in_phase ? json::value(labels.phases[p.phase]) : json::value(nullptr)},
            {"conditions", std::move(conditions)},
            {"load_elapsed_ms", json_ms(p.load_elapsed)},
            {"target_rate_per_s", p.target_rate},
            {"late_ranks", p.late_ranks},
            {"requests", std::move(requests)},
            {"sessions",
             {{"online", p.sessions_online},
              {"connected", interval.sessions.connected},
              {"refused", interval.sessions.refused},
              {"dropped", interval.sessions.dropped},
              {"reconnects", interval.sessions.reconnects}}},
            {"vehicles",
             {{"asleep", p.vehicles.asleep},
              {"connecting", p.vehicles.connecting},
              {"blocked", p.vehicles.blocked},
              {"busy", p.vehicles.busy}}},
            {"latency", latency(interval, json_observed_latency)},
            {"messages", messages(interval.messages)},
            {"telemetry", timeline_telemetry(p)},
            {"generator", generator_usage(p.generator)}};
}

std::string timeline_line(const measure::progress& p, const labels& labels) {
    return json_line(timeline_object(p, labels)) + '\n';
}

} // namespace loadsim::report
