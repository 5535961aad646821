// run.json and summary.json: the run for machines.
#include "figures.hpp"
#include "file_names.hpp"
#include "json_text.hpp"
#include "summary_platform.hpp"

#include <loadsim/report/report.hpp>

#include <boost/json.hpp>
#include <fmt/chrono.h>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using measure::hop;
using measure::legend;
using measure::run_facts;

std::string iso_utc(std::chrono::system_clock::time_point t) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(t)));
}

std::string_view ending(run_facts::ending e) {
    constexpr std::string_view words[] = {"complete", "interrupted", "terminated", "cut off"};
    return words[static_cast<std::size_t>(e)];
}

json::object outcomes(const measure::request_counts& r) {
    json::object all;
    for (std::size_t i = 0; i < outcome_count; ++i) all[outcome_names[i]] = r.outcomes[i];
    return all;
}

json::object requests(const run_facts& run) {
    const auto& r = run.sum.requests;
    return {{"planned", run.planned},         {"due", r.due}, {"sent", r.sent}, {"outcomes", outcomes(r)},
            {"under_way", r.due - r.ended()}, // not 0 only when the run was cut off
            {"unexpected", r.unexpected}};
}

json::array matrix(const measure::totals& sum, const legend& names) {
    json::array rows;
    for (const auto& [key, count] : sum.matrix) {
        const auto& [segment, service, expected, observed] = key;
        rows.push_back(json::object{{"segment", name_at(names.segments, segment)},
                                    {"behaviour", name_at(names.behaviours, segment)},
                                    {"service", name_at(names.services, service)},
                                    {"expected", json_outcomes(expected)},
                                    {"observed", to_string(observed)},
                                    {"unexpected", !expected.contains(observed)},
                                    {"count", count}});
    }
    return rows;
}

json::array phases(const measure::totals& sum, const legend& names) {
    json::array rows;
    for (std::uint32_t i = 0; i < sum.phases.size(); ++i) {
        const auto& r = sum.phases[i];
        rows.push_back(
            json::object{{"name", name_at(names.phases, i)},
                         {"due", r.due},
                         {"sent", r.sent},
                         {"outcomes", outcomes(r)},
                         {"unexpected", r.unexpected},
                         {"e2e", json_latency(sum.latencies.select(hop::e2e, {.service = {}, .phase = i}))}});
    }
    return rows;
}

json::array services(const measure::totals& sum, const legend& names) {
    json::array rows;
    for (std::uint32_t i = 0; i < names.services.size(); ++i)
        rows.push_back(
            json::object{{"name", names.services[i]},
                         {"e2e", json_latency(sum.latencies.select(hop::e2e, {.service = i, .phase = {}}))}});
    return rows;
}

json::object latency(const measure::totals& sum) {
    json::object hops;
    for (std::size_t i = 0; i < measure::hop_names.size(); ++i)
        hops[measure::hop_names[i]] = json_latency(sum.latencies.select(static_cast<hop>(i)));
    return hops;
}

json::object sessions(const run_facts& run) {
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

/// Null where the http driver was not used.
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

json::object by_anomaly(const std::array<std::uint64_t, anomaly_count>& counts) {
    json::object all;
    for (std::size_t i = 0; i < anomaly_count; ++i) all[anomaly_names[i]] = counts[i];
    return all;
}

json::object queued(const measure::queued_counts& q) {
    return {{"delivered", q.delivered}, {"out_of_order", q.out_of_order}, {"waited", json_latency(q.waited)}};
}

json::array recoveries(const run_facts& run) {
    const auto after = [](const std::optional<nanoseconds>& d) {
        return d ? json::value(json_s(*d)) : json::value(nullptr);
    };
    json::array rows;
    for (const auto& r : run.recoveries)
        rows.push_back(json::object{{"condition", r.condition},
                                    {"occurrence", r.occurrence},
                                    {"at_s", json_s(r.at)},
                                    {"affected", r.affected},
                                    {"back", r.back},
                                    {"until_back_s", after(r.until_back)},
                                    {"budget", r.budget.empty() ? json::value(nullptr) : json::value(r.budget)},
                                    {"until_latency_s", after(r.until_latency)}});
    return rows;
}

json::array budgets(const verdict::conclusion& end) {
    json::array rows;
    for (const auto& j : end.budgets)
        rows.push_back(json::object{{"expression", j.expression},
                                    {"observed", j.observed ? json::value(*j.observed) : json::value(nullptr)},
                                    {"verdict", to_string(j.verdict)}});
    return rows;
}

} // namespace

std::string run_json(const run_header& run) {
    return json_page(json::object{{"schema", run_schema},
                                  {"version", run.version},
                                  {"mode", to_string(run.how)},
                                  {"scenario", run.scenario},
                                  {"seed", run.seed},
                                  {"started", iso_utc(run.started)}});
}

std::string summary_json(const run_facts& run, const verdict::conclusion& end, const legend& names) {
    const auto& sum = run.sum;
    const json::object summary{
        {"schema", summary_schema},
        {"mode", to_string(run.how)},
        {"scenario", run.scenario},
        {"seed", run.seed},
        {"verdict", to_string(end.verdict)},
        {"exit_code", static_cast<int>(end.code)},
        {"reasons", json::array(end.reasons.begin(), end.reasons.end())},
        {"started", iso_utc(run.started)},
        {"elapsed_s", json_s(run.elapsed)},
        {"ended", ending(run.ended)},
        {"requests", requests(run)},
        {"matrix", matrix(sum, names)},
        {"errors", counts_by_text(sum.errors)},
        {"phases", phases(sum, names)},
        {"services", services(sum, names)},
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
        {"observers", observers_json(sum, names)},
        {"campaigns", campaigns_json(sum, names)},
        {"broker_api", broker_api_json(sum.broker_api)},
        {"misfits", counts_by_text(sum.misfits)},
        {"anomalies", by_anomaly(sum.anomalies)},
        {"provoked", by_anomaly(sum.provoked)},
        {"not_recorded", sum.not_recorded},
        {"generator",
         {{"cpu_s", run.generator.cpu_s},
          {"rss_bytes", run.generator.rss_bytes},
          {"shards", run.generator.shards},
          {"ranks", run.generator.ranks},
          {"lag_limit_ms", json_ms(run.lag_limit)}}},
        {"budgets", budgets(end)},
    };
    return json_page(summary);
}

} // namespace loadsim::report
