#include <loadsim/report/metrics.hpp>

#include "telemetry_json.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/base/encoding.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/report/report_folder.hpp>

#include <algorithm>

namespace loadsim::report {
namespace {

/// Fills the table. Points of a family with equal labels, such as those of two phases of one name, are added: no consumer takes
/// a series twice.
class metric_table {
public:
    void counter(std::string_view name, std::string_view help, metric_unit unit = metric_unit::count) {
        families_.push_back({name, help, metric_type::counter, unit});
    }
    void info(std::string_view name, std::string_view help, metric_labels labels) {
        families_.push_back({name, help, metric_type::info, metric_unit::count, {{std::move(labels), 1}}});
    }
    void gauge(std::string_view name, std::string_view help, metric_unit unit = metric_unit::count) {
        families_.push_back({name, help, metric_type::gauge, unit});
    }
    void histogram(std::string_view name, std::string_view help) {
        families_.push_back({name, help, metric_type::histogram, metric_unit::seconds});
    }

    // Points of the last family.
    void value(metric_labels labels, double v) { point_of(std::move(labels)).value += v; }
    void value(metric_labels labels, std::uint64_t v) { value(std::move(labels), static_cast<double>(v)); }
    void samples(metric_labels labels, const measure::histogram& h) {
        if (!h.empty()) point_of(std::move(labels)).samples.push_back(&h);
    }

    /// Without families that have no point.
    std::vector<metric_family> take() {
        std::erase_if(families_, [](const metric_family& f) { return f.points.empty(); });
        return std::move(families_);
    }

private:
    metric_point& point_of(metric_labels labels) {
        auto& points = families_.back().points;
        const auto found = std::ranges::find(points, labels, &metric_point::labels);
        return found != points.end() ? *found : points.emplace_back(metric_point{std::move(labels)});
    }

    std::vector<metric_family> families_;
};

std::string label_at(const std::vector<std::string>& names, std::uint32_t index) {
    return index < names.size() ? names[index] : std::string{};
}

void add_run(metric_table& t, const run_header& run, const metric_gauges& now) {
    t.info("loadsim_run_info", "The run",
           {{"scenario", run.scenario},
            {"version", run.origin.version},
            {"seed", std::to_string(run.seed)},
            {"started", iso_time(run.started, iso_format::seconds)}});
    t.gauge("loadsim_run_stage", "1 for the stage that the run is in, 0 for the others");
    for (std::size_t i = 0; i < enum_names<measure::stage>.size(); ++i)
        t.value({{"stage", std::string(enum_names<measure::stage>[i])}},
                static_cast<measure::stage>(i) == now.stage ? 1.0 : 0.0);
    t.gauge("loadsim_run_elapsed_seconds", "Time since the start of the run", metric_unit::seconds);
    t.value({}, seconds(now.elapsed));
    t.gauge("loadsim_target_requests_per_second", "Rate of requests that the schedule asks for",
            metric_unit::per_second);
    t.value({}, now.target_rate);
}

void add_requests(metric_table& t, const metric_gauges& now, const measure::totals& sum, const measure::labels& names) {
    const auto by_phase = [&](std::uint64_t measure::request_counts::*count) {
        for (std::uint32_t i = 0; i < names.phases.size(); ++i)
            t.value({{"phase", names.phases[i]}}, i < sum.phases.size() ? sum.phases[i].*count : 0);
    };
    t.counter("loadsim_requests_due_total", "Requests that were due");
    by_phase(&measure::request_counts::due);
    t.counter("loadsim_requests_sent_total", "Requests that were sent");
    by_phase(&measure::request_counts::sent);
    t.counter("loadsim_requests_unexpected_total", "Requests whose outcome was not an expected one");
    by_phase(&measure::request_counts::unexpected);
    t.counter("loadsim_requests_ended_total", "Requests that have ended, by outcome");
    for (const auto& service : names.services)
        for (const auto outcome : outcome_names)
            t.value({{"service", service}, {"outcome", std::string(outcome)}}, std::uint64_t{0});
    for (const auto& [key, count] : sum.matrix)
        t.value({{"service", label_at(names.services, std::get<1>(key))},
                 {"outcome", std::string(to_string(std::get<3>(key)))}},
                count);
    t.gauge("loadsim_requests_in_flight", "Requests that have begun and not ended");
    t.value({}, now.in_flight);
    t.gauge("loadsim_requests_waiting", "Requests in flight that wait for a connection to the API");
    t.value({}, now.waiting);
}

void add_latencies(metric_table& t, const measure::totals& sum, const measure::labels& names) {
    t.histogram("loadsim_latency_seconds", "Latency of each hop of a request, counted from the instant it was due");
    for (const auto& [key, samples] : sum.latencies.cells())
        if (key.group.condition == measure::any_condition)
            t.samples({{"hop", std::string(to_string(key.section))},
                       {"service", label_at(names.services, key.group.service)}},
                      samples);
    t.histogram("loadsim_loop_delay_seconds", "Time that ready events waited for the event loops of the generator");
    t.samples({}, sum.loop_delay);
    t.histogram("loadsim_http_connection_wait_seconds", "Time that requests waited for a free connection to the API");
    t.samples({}, sum.http.connection_wait);
    t.histogram("loadsim_queued_wait_seconds", "Time that commands waited at the broker for an unreachable vehicle");
    t.samples({}, sum.queued.wait);
}

void add_sessions(metric_table& t, const metric_gauges& now, const measure::totals& sum) {
    const auto& s = sum.sessions;
    t.gauge("loadsim_sessions_planned", "MQTT sessions of the fleet");
    t.value({}, std::uint64_t{now.sessions_planned});
    t.gauge("loadsim_sessions_online", "MQTT sessions of the fleet that are established");
    t.value({}, std::uint64_t{now.sessions_online});
    t.gauge("loadsim_vehicles", "Vehicles by state; blocked and busy ones have another state, too");
    each_field([&t](const char* state, std::uint64_t number) { t.value({{"state", state}}, number); }, now.vehicles);
    t.counter("loadsim_sessions_refused_total", "Connects that failed: TCP, TLS, CONNACK or time-out");
    t.value({}, s.refused);
    t.counter("loadsim_sessions_dropped_total", "Established sessions that were lost");
    t.value({}, s.dropped);
    t.counter("loadsim_sessions_reconnects_total", "Sessions that were established again after a loss");
    t.value({}, s.reconnects);
    t.histogram("loadsim_session_connect_seconds", "TCP connect to CONNACK");
    t.samples({}, s.connect);
    t.histogram("loadsim_tls_handshake_seconds", "TLS handshakes of established sessions");
    t.samples({{"resumed", "false"}}, s.tls.full);
    t.samples({{"resumed", "true"}}, s.tls.resumed);
    t.counter("loadsim_tls_handshakes_failed_total", "TLS handshakes that failed");
    t.value({}, s.tls.failed());
    t.counter("loadsim_mqtt_messages_total", "MQTT application messages of the vehicles' sessions");
    t.value({{"direction", "sent"}}, sum.messages.published);
    t.value({{"direction", "received"}}, sum.messages.received);
    t.counter("loadsim_mqtt_bytes_total", "Bytes of all MQTT packets of the vehicles' sessions, without TLS",
              metric_unit::bytes);
    t.value({{"direction", "sent"}}, sum.messages.bytes_sent);
    t.value({{"direction", "received"}}, sum.messages.bytes_received);
}

void add_platform(metric_table& t, const measure::totals& sum, const measure::labels& names) {
    t.counter("loadsim_http_requests_total", "Requests of the http driver that were sent");
    t.value({}, sum.http.requests);
    t.counter("loadsim_http_connections_opened_total", "TCP connections of the http driver that were made");
    t.value({}, sum.http.opened);
    t.counter("loadsim_http_timeouts_total", "Attempts without a response in time");
    t.value({}, sum.http.timeouts);
    t.counter("loadsim_http_retries_total", "Attempts after the first");
    t.value({}, sum.http.retries);
    t.counter("loadsim_observer_messages_total", "Messages that an observer received");
    for (const auto& [which, o] : sum.observers) t.value({{"observer", names.observer(which)}}, o.received);
    t.counter("loadsim_observer_completions_total", "Completions that an observer received");
    for (const auto& [which, o] : sum.observers) t.value({{"observer", names.observer(which)}}, o.completions);
    t.counter("loadsim_campaign_vehicles_addressed_total", "Vehicles that a campaign addressed");
    for (const auto& [which, c] : sum.campaigns) t.value({{"campaign", label_at(names.campaigns, which)}}, c.addressed);
    t.counter("loadsim_campaign_vehicles_reached_total", "Addressed vehicles that received the command");
    for (const auto& [which, c] : sum.campaigns) t.value({{"campaign", label_at(names.campaigns, which)}}, c.delivered);
    t.histogram("loadsim_campaign_latency_seconds", "Time from the due time of a campaign to the delivery");
    for (const auto& [which, c] : sum.campaigns) t.samples({{"campaign", label_at(names.campaigns, which)}}, c.latency);
    t.histogram("loadsim_recovery_seconds", "Time from the begin of a condition until a vehicle had recovered");
    for (const auto& [key, r] : sum.recoveries)
        t.samples({{"condition", label_at(names.conditions, key.first)}}, r.recovery_times);
    t.counter("loadsim_anomalies_total", "Anomalies, without those that the scenario expects");
    for (std::size_t i = 0; i < anomaly_count; ++i)
        t.value({{"anomaly", std::string(anomaly_names[i])}}, sum.anomalies[i]);
    t.counter("loadsim_expected_anomalies_total", "Anomalies that the scenario expects");
    for (std::size_t i = 0; i < anomaly_count; ++i)
        if (sum.expected_anomalies[i] != 0)
            t.value({{"anomaly", std::string(anomaly_names[i])}}, sum.expected_anomalies[i]);
}

void add_telemetry(metric_table& t, const metric_gauges& now, const measure::totals& sum,
                   const measure::labels& names) {
    t.counter("loadsim_telemetry_messages_total", "Telemetry messages by what became of them");
    constexpr std::string_view no_results[] = {"in_store", "restored", "bytes"};
    for (const auto& [group, counts] : sum.telemetry)
        for (const auto& [result, counter] : telemetry_counters)
            if (std::ranges::count(no_results, result) == 0)
                t.value({{"group", label_at(names.telemetry, group)}, {"result", std::string(result)}},
                        counts.*counter);
    t.counter("loadsim_telemetry_payload_bytes_total", "Payloads of telemetry messages that were sent",
              metric_unit::bytes);
    for (const auto& [group, counts] : sum.telemetry)
        t.value({{"group", label_at(names.telemetry, group)}}, counts.bytes);
    t.gauge("loadsim_telemetry_waiting", "Telemetry messages that are in flight or in a store");
    if (!sum.telemetry.empty() || now.telemetry_waiting != 0) t.value({}, now.telemetry_waiting);
    t.histogram("loadsim_telemetry_publish_seconds",
                "Time from the due time of a telemetry message to its acknowledgement");
    for (const auto& [group, counts] : sum.telemetry)
        t.samples({{"group", label_at(names.telemetry, group)}}, counts.publish);
    t.histogram("loadsim_telemetry_lag_seconds", "Time from the due time of a telemetry message until it was begun");
    for (const auto& [group, counts] : sum.telemetry)
        t.samples({{"group", label_at(names.telemetry, group)}}, counts.lag);
    t.histogram("loadsim_telemetry_backlog_drained_seconds",
                "Time from the return of a vehicle's link until its backlog was drained");
    t.samples({}, sum.backlogs.drained);
}

void add_taps(metric_table& t, const measure::totals& sum, const measure::labels& names) {
    t.counter("loadsim_tap_messages_total", "Telemetry messages and records of the bus by what a tap found of them");
    for (const auto& [tap, counts] : sum.taps) {
        const auto all = counts.sum();
        const std::pair<const char*, std::uint64_t> results[] = {
            {"sent", all.sent},
            {"consumed", all.consumed},
            {"matched", all.matched},
            {"corrupted", all.corrupted},
            {"lost", all.lost},
            {"not_reconciled", all.not_reconciled()},
            {"duplicated", all.duplicated},
            {"reissue_duplicates", all.reissue_duplicates},
            {"out_of_order", all.out_of_order},
            {"foreign", all.foreign},
            {"unknown_vehicle", all.unknown_vehicle},
            {"without_sequence", all.without_sequence},
            {"wrong_key", all.wrong_key},
        };
        for (const auto& [result, count] : results)
            t.value({{"tap", label_at(names.taps, tap)}, {"result", result}}, count);
    }
    t.histogram("loadsim_tap_bridge_seconds", "Time from sending a telemetry message until the bus appended it");
    for (const auto& [tap, counts] : sum.taps) t.samples({{"tap", label_at(names.taps, tap)}}, counts.bridge);
    t.histogram("loadsim_tap_deliver_seconds", "Time from sending a telemetry message until a tap consumed it");
    for (const auto& [tap, counts] : sum.taps) t.samples({{"tap", label_at(names.taps, tap)}}, counts.deliver);
}

void add_generator(metric_table& t, const measure::generator_usage& g) {
    t.counter("loadsim_generator_cpu_seconds_total", "CPU time of the generator's shards", metric_unit::seconds);
    t.value({}, g.cpu_s);
    t.gauge("loadsim_generator_resident_memory_bytes", "Resident memory of the generator", metric_unit::bytes);
    t.value({}, g.rss_bytes);
    t.gauge("loadsim_generator_shards", "Threads of the generator, of all ranks");
    t.value({}, std::uint64_t{g.shards} * g.ranks);
}

void add_verdict(metric_table& t, const verdict::evaluation& evaluation) {
    t.gauge("loadsim_verdict", "1 for the verdict of the run, 0 for the others");
    for (const auto v : {verdict::run_verdict::pass, verdict::run_verdict::fail, verdict::run_verdict::no_data,
                         verdict::run_verdict::invalid})
        t.value({{"verdict", std::string(verdict::to_string(v))}}, v == evaluation.verdict ? 1.0 : 0.0);
    t.gauge("loadsim_budgets", "Budgets by their verdict");
    for (const auto& budget : evaluation.budgets)
        t.value({{"verdict", std::string(verdict::to_string(budget.verdict))}}, 1.0);
}

} // namespace

metric_gauges gauges_of(const measure::progress& p) {
    return {.stage = p.current_stage,
            .elapsed = p.elapsed,
            .target_rate = p.target_rate,
            .sessions_planned = p.sessions_planned,
            .sessions_online = p.sessions_online,
            .vehicles = p.vehicles,
            .in_flight = p.in_flight,
            .waiting = p.waiting,
            .telemetry_waiting = p.telemetry_waiting,
            .generator = p.generator};
}

metric_gauges gauges_of(const measure::run_result& run, const metric_gauges& last) {
    auto made = last;
    made.stage = measure::stage::done;
    made.elapsed = run.elapsed;
    made.target_rate = 0;
    made.sessions_planned = run.sessions_planned;
    made.in_flight = run.left_open;
    made.waiting = 0;
    made.telemetry_waiting = measure::telemetry_waiting(run.sum);
    made.generator = run.generator;
    return made;
}

std::vector<metric_family> metrics_of(const run_header& run, const metric_gauges& now, const measure::totals& totals,
                                      const measure::labels& labels, const verdict::evaluation* evaluation) {
    metric_table table;
    add_run(table, run, now);
    add_requests(table, now, totals, labels);
    add_latencies(table, totals, labels);
    add_sessions(table, now, totals);
    add_telemetry(table, now, totals, labels);
    add_taps(table, totals, labels);
    add_platform(table, totals, labels);
    add_generator(table, now.generator);
    if (evaluation != nullptr) add_verdict(table, *evaluation);
    return table.take();
}

const std::vector<double> bucket_bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                        0.25,   0.5,     1,      2.5,   5,      10,    25,   50,    100,  250};

bucketed_histogram bucketed(const std::vector<const measure::histogram*>& parts) {
    bucketed_histogram made{.counts = std::vector<std::uint64_t>(bucket_bounds.size() + 1)};
    double sum_us = 0;
    for (const auto* part : parts) {
        const auto& counts = part->counts();
        std::size_t bucket = 0;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            if (counts[i] == 0) continue;
            const auto highest = measure::histogram::value_at(i + 1) - 1;
            while (bucket < bucket_bounds.size() && static_cast<double>(highest) > bucket_bounds[bucket] * 1e6)
                ++bucket;
            made.counts[bucket] += counts[i];
            made.count += counts[i];
            sum_us +=
                static_cast<double>(counts[i]) * (static_cast<double>(measure::histogram::value_at(i) + highest) / 2);
        }
    }
    made.sum_s = sum_us / 1e6;
    return made;
}

} // namespace loadsim::report
