// Text of run.json and summary.json.
#include "file_names.hpp"
#include "json_format.hpp"
#include "summary_platform.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/report/report_folder.hpp>

#include <boost/json.hpp>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using measure::hop;
using measure::labels;
using measure::run_result;

std::string_view end_reason_text(run_result::end_reason e) {
    constexpr std::string_view texts[] = {"complete", "interrupted", "terminated", "cut off"};
    return texts[static_cast<std::size_t>(e)];
}

json::object outcomes(const measure::request_counts& r) {
    json::object all;
    for (std::size_t i = 0; i < outcome_count; ++i) all[outcome_names[i]] = r.outcomes[i];
    return all;
}

json::object requests(const run_result& run) {
    const auto& r = run.sum.requests;
    return {{"planned", run.planned_arrivals}, {"due", r.due}, {"sent", r.sent}, {"outcomes", outcomes(r)},
            {"under_way", r.due - r.ended()}, // not 0 only after an aborted run
            {"unexpected", r.unexpected}};
}

json::array matrix(const measure::totals& sum, const labels& labels) {
    json::array rows;
    for (const auto& [key, count] : sum.matrix) {
        const auto& [segment, service, expected, observed] = key;
        rows.push_back(json::object{{"segment", name_at(labels.segments, segment)},
                                    {"behaviour", name_at(labels.behaviours, segment)},
                                    {"service", name_at(labels.services, service)},
                                    {"expected", json_outcomes(expected)},
                                    {"observed", to_string(observed)},
                                    {"unexpected", !expected.contains(observed)},
                                    {"count", count}});
    }
    return rows;
}

json::array phases(const measure::totals& sum, const labels& labels) {
    json::array rows;
    for (std::uint32_t i = 0; i < sum.phases.size(); ++i) {
        const auto& r = sum.phases[i];
        rows.push_back(
            json::object{{"name", name_at(labels.phases, i)},
                         {"due", r.due},
                         {"sent", r.sent},
                         {"outcomes", outcomes(r)},
                         {"unexpected", r.unexpected},
                         {"e2e", json_latency(sum.latencies.select(hop::e2e, {.service = {}, .phase = i}))}});
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

json::object latency(const measure::totals& sum) {
    json::object hops;
    for (std::size_t i = 0; i < measure::hop_names.size(); ++i)
        hops[measure::hop_names[i]] = json_latency(sum.latencies.select(static_cast<hop>(i)));
    return hops;
}

json::object sessions(const run_result& run) {
    const auto& s = run.sum.sessions;
    return {{"asked", run.sessions_asked},
            {"peak", run.sessions_peak},
            {"connect", json_latency(s.connect)},
            {"refused", s.refused},
            {"dropped", s.dropped},
            {"reconnects", s.reconnects},
            {"syn_retransmitted", s.syn_retransmitted},
            {"reasons", counts_by_text(s.reasons)}};
}

/// Null if the HTTP driver was not used.
json::value http(const measure::http_counts& h) {
    if (h.allowed == 0) return nullptr;
    const auto each = static_cast<double>(h.requests) / static_cast<double>(h.opened);
    return json::object{
        {"requests", h.requests},
        {"connections",
         {{"allowed", h.allowed}, {"opened", h.opened}, {"open_peak", h.open_peak}, {"busy_peak", h.busy_peak}}},
        {"requests_per_connection", h.opened == 0 ? json::value(nullptr) : json::value(each)},
        {"timed_out", h.timed_out},
        {"sent_again", h.sent_again},
        {"failed_over", h.failed_over},
        {"wait", json_latency(h.wait)}};
}

json::object counts_by_anomaly(const std::array<std::uint64_t, anomaly_count>& counts) {
    json::object all;
    for (std::size_t i = 0; i < anomaly_count; ++i) all[anomaly_names[i]] = counts[i];
    return all;
}

json::object queued(const measure::queued_counts& q) {
    return {{"delivered", q.delivered}, {"out_of_order", q.out_of_order}, {"waited", json_latency(q.waited)}};
}

json::array recoveries(const run_result& run) {
    const auto seconds_or_null = [](const std::optional<nanoseconds>& d) {
        return d ? json::value(json_s(*d)) : json::value(nullptr);
    };
    json::array rows;
    for (const auto& r : run.recoveries)
        rows.push_back(json::object{{"condition", r.condition},
                                    {"occurrence", r.occurrence},
                                    {"at_s", json_s(r.started)},
                                    {"affected", r.affected},
                                    {"back", r.recovered},
                                    {"until_back_s", seconds_or_null(r.recovery_time)},
                                    {"budget", r.budget.empty() ? json::value(nullptr) : json::value(r.budget)},
                                    {"until_latency_s", seconds_or_null(r.latency_recovery_time)}});
    return rows;
}

json::array budgets(const verdict::evaluation& evaluation) {
    json::array rows;
    for (const auto& result : evaluation.budgets)
        rows.push_back(
            json::object{{"expression", result.expression},
                         {"observed", result.observed ? json::value(*result.observed) : json::value(nullptr)},
                         {"verdict", to_string(result.verdict)}});
    return rows;
}

} // namespace

std::string run_json(const run_header& run) {
    return json_indented(json::object{{"schema", run_schema},
                                      {"version", run.version},
                                      {"mode", to_string(run.mode)},
                                      {"scenario", run.scenario},
                                      {"seed", run.seed},
                                      {"started", iso_time(run.started, iso_format::seconds)}});
}

std::string summary_json(const run_result& run, const verdict::evaluation& evaluation, const labels& labels) {
    const auto& sum = run.sum;
    const json::object summary{
        {"schema", summary_schema},
        {"mode", to_string(run.mode)},
        {"scenario", run.scenario},
        {"seed", run.seed},
        {"verdict", to_string(evaluation.verdict)},
        {"exit_code", static_cast<int>(evaluation.code)},
        {"reasons", json::array(evaluation.reasons.begin(), evaluation.reasons.end())},
        {"started", iso_time(run.started, iso_format::seconds)},
        {"elapsed_s", json_s(run.elapsed)},
        {"ended", end_reason_text(run.ended)},
        {"requests", requests(run)},
        {"matrix", matrix(sum, labels)},
        {"errors", counts_by_text(sum.errors)},
        {"phases", phases(sum, labels)},
        {"services", services(sum, labels)},
        {"latency", latency(sum)},
        {"sessions", sessions(run)},
        {"messages",
         {{"published", sum.messages.published},
          {"received", sum.messages.received},
          {"bytes_sent", sum.messages.bytes_sent},
          {"bytes_received", sum.messages.bytes_received}}},
        {"http", http(sum.http)},
        {"queued", queued(sum.queued)},
        {"recoveries", recoveries(run)},
        {"observers", observers_json(sum, labels)},
        {"campaigns", campaigns_json(sum, labels)},
        {"broker_api", broker_api_json(sum.broker_api)},
        {"misfits", counts_by_text(sum.unmatched_fields)},
        {"anomalies", counts_by_anomaly(sum.anomalies)},
        {"provoked", counts_by_anomaly(sum.expected_anomalies)},
        {"not_recorded", sum.not_recorded},
        {"generator",
         {{"cpu_s", run.generator.cpu_s},
          {"rss_bytes", run.generator.rss_bytes},
          {"shards", run.generator.shards},
          {"ranks", run.generator.ranks},
          {"lag_limit_ms", json_ms(run.lag_limit)}}},
        {"budgets", budgets(evaluation)},
    };
    return json_indented(summary);
}

} // namespace loadsim::report
