// Whole scenarios in simulated time, with exact expected counts.
#include <loadsim/run/rehearsal.hpp>

#include <loadsim/load/selection.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/run/run.hpp>
#include <loadsim/scenario/read.hpp>
#include <loadsim/vehicle/resolved_behaviour.hpp>
#include <loadsim/vehicle/segment.hpp>
#include <loadsim/verdict/budget.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using measure::stage;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

namespace {

/// All records and the result of a rehearsal.
struct rehearsal_records {
    std::vector<measure::progress> progress;
    std::vector<measure::request_record> requests;
    std::vector<measure::anomaly_record> anomalies;
    std::vector<measure::session_record> sessions;
    measure::run_result result;
    std::size_t finished = 0;

    std::uint64_t observed(outcome o) const { return result.sum.requests.outcomes[static_cast<std::size_t>(o)]; }
    std::map<std::string, std::uint64_t> anomaly_counts() const { return by_name(result.sum.anomalies); }
    std::map<std::string, std::uint64_t> provoked() const { return by_name(result.sum.expected_anomalies); }
    nanoseconds longest(measure::hop h) const { return result.sum.latencies.select(h).max(); }

private:
    static std::map<std::string, std::uint64_t> by_name(const std::array<std::uint64_t, anomaly_count>& counts) {
        std::map<std::string, std::uint64_t> all;
        for (std::size_t i = 0; i < counts.size(); ++i)
            if (counts[i] != 0) all.emplace(anomaly_names[i], counts[i]);
        return all;
    }
};

rehearsal_records rehearsed(const scenario::scenario_config& scenario) {
    rehearsal_records all;
    const run::listener callbacks{
        .on_notice = [](const std::string&) {},
        .on_progress =
            [&](const measure::progress& p) {
                auto kept = p;
                std::ranges::move(kept.interval.request_records, std::back_inserter(all.requests));
                std::ranges::move(kept.interval.anomaly_records, std::back_inserter(all.anomalies));
                std::ranges::move(kept.interval.session_records, std::back_inserter(all.sessions));
                kept.cumulative = nullptr; // valid during the call only
                all.progress.push_back(std::move(kept));
            },
        .on_finished =
            [&](const measure::run_result& f) {
                all.result = f;
                ++all.finished;
            },
    };
    EXPECT_TRUE(run::rehearse(scenario, {}, callbacks));
    EXPECT_EQ(all.finished, 1U);
    EXPECT_EQ(all.result.left_open, 0U);
    EXPECT_EQ(all.result.sum.requests.ended(), all.result.sum.requests.due) << "every request has an outcome";
    return all;
}

scenario::scenario_config scenario_of(const std::string& yaml) {
    const auto read = scenario::read(yaml, "rehearsed.yaml");
    if (!read) throw std::runtime_error(to_string(read.error()));
    return *read;
}

/// One segment per behaviour.
scenario::scenario_config with_every_behaviour() {
    auto d = scenario_of("name: every-behaviour\nseed: 11\nfleet: {vehicles: 100000}\n"
                         "load: {services: {horn: 1, light-flash: 1}, phases: [{duration: 1000s, arrivalRate: 2}], "
                         "checkResponseSequence: true}\n");
    d.fleet.segments.clear();
    for (const auto& b : d.behaviours)
        d.fleet.segments.push_back({b.name, fraction{1.0 / static_cast<double>(d.behaviours.size())}, b.name});
    return d;
}

// Any text is a service of a platform, and the delays of its behaviours are found by the name in the scenario.
TEST(rehearsal, of_services_in_the_platforms_own_words) {
    for (const auto* driver : {"http", "mqtt"}) {
        const auto all = rehearsed(scenario_of(fmt::format(
            "name: words\nseed: 3\ntarget: {{broker: 'mqtt://b', api: 'http://a'}}\nfleet: {{vehicles: 1000, segments: "
            "[{{name: a, share: 100%, behaviour: b}}]}}\n"
            "behaviours: {{b: {{steps: [ack, {{wait: work}}, executed], delays: {{work: 1ms}}, services: {{'Klima an': "
            "{{work: 3s}}}}}}}}\n"
            "load: {{driver: {}, services: {{'Klima an': {{as: 'klima/an 1', path: '/k/{{vin}}', parameters: {{to: "
            "21}}}}, "
            "horn: 1}}, drain: 40s, phases: [{{duration: 10s, arrivalRate: 10}}]}}\n",
            driver)));
        EXPECT_EQ(all.observed(outcome::executed), 100U) << driver;
        EXPECT_THAT(all.anomaly_counts(), IsEmpty()) << (all.anomalies.empty() ? "" : all.anomalies.front().evidence);
        const auto& latencies = all.result.sum.latencies;
        EXPECT_GE(latencies.select(measure::hop::vehicle, {.service = 0, .phase = {}}).min(), 2900ms) << driver;
        EXPECT_LE(latencies.select(measure::hop::vehicle, {.service = 1, .phase = {}}).max(), 1s) << driver;
        for (const auto& r : all.requests) EXPECT_TRUE(r.service == "Klima an" || r.service == "horn") << r.service;
    }
}

TEST(rehearsal, counts_a_request_as_unanswered_after_the_deadline_of_its_service) {
    const auto all =
        rehearsed(scenario_of("name: deadline\ntarget: {embedded: {faults: [{drop: event, every: 1}]}}\n"
                              "load: {services: {horn: {deadline: 31s}}, completionTimeout: 60s, drain: 50s,"
                              " phases: [{duration: 1s, arrivalCount: 1}]}\n"));
    EXPECT_EQ(all.observed(outcome::unanswered), 1U);
    EXPECT_NEAR(milliseconds(all.longest(measure::hop::e2e)), 31'500, 1'500);
}

TEST(rehearsal, of_every_behaviour_has_the_planned_outcomes) {
    const auto scenario = with_every_behaviour();
    ASSERT_GE(scenario.behaviours.size(), 4U);
    const auto all = rehearsed(scenario);

    // The expected plan, computed independently. In a fleet this large few vehicles get two requests, and none while
    // busy.
    std::map<measure::totals::matrix_key, std::uint64_t> planned;
    const vehicle::segmentation segments(scenario.seed, scenario.fleet.vehicles, scenario.fleet.segments);
    const load::service_selection services(scenario.seed, scenario::service_weights_of(scenario.load));
    for (std::uint64_t n = 0; n < 2000; ++n) {
        const arrival_id a{n};
        const auto s = segments.segment_of(load::first_vehicle(scenario.seed, a, scenario.fleet.vehicles));
        const auto& b = behaviour_of(scenario, scenario.fleet.segments[s].behaviour);
        const auto service = services.service_of(a);
        const auto expected =
            vehicle::expected_of(b, scenario.load.services[service].name, vehicle::random_stream_of(scenario.seed, a));
        ASSERT_TRUE(expected.single()) << b.name;
        for (std::size_t o = 0; o < outcome_count; ++o)
            if (expected.contains(static_cast<outcome>(o))) ++planned[{s, service, expected, static_cast<outcome>(o)}];
    }
    EXPECT_EQ(all.result.sum.matrix, planned);
    EXPECT_EQ(all.result.sum.requests.due, 2000U);
    EXPECT_EQ(all.result.sum.requests.unexpected, 0U);
    EXPECT_EQ(all.result.planned_arrivals, 2000U);
    EXPECT_EQ(all.requests.size(), 2000U) << "a small plan is written down whole";
    EXPECT_THAT(all.anomaly_counts(), IsEmpty()) << (all.anomalies.empty() ? "" : all.anomalies.front().evidence);
    const auto provoked = all.provoked();
    EXPECT_GT(provoked.at("executed_twice"), 20U);
    EXPECT_GT(provoked.at("response_lost"), 40U);
    EXPECT_EQ(provoked.size(), 2U);
}

// 50 vehicles for 10.2 s, 100 requests, a command and two responses each. By hand:
//   100 * 0.01                 = 1
//   200 * 0.001                = 0.2     none of the messages is larger than 5 kB
//   100 * 0.002                = 0.2
//   50 * 10.2 / 60 = 8.5 * 0.1 = 0.85
//   10.2 / 3600 * 36           = 0.102
TEST(rehearsal, costs_what_a_calculation_by_hand_says) {
    const auto scenario = scenario_of(R"(
name: exact
seed: 1
fleet: {vehicles: 50}
behaviours:
  success: {steps: [{wait: 20ms}, ack, {wait: 100ms}, executed]}
load: {services: {horn: 1}, phases: [{duration: 10s, arrivalRate: 10}], drain: 5s}
cost:
  currency: USD
  prices:
    - {name: API, perRequest: 0.01}
    - {name: up, perMessageUp: 0.001}
    - {name: down, perMessageDown: 0.002}
    - {name: connections, perConnectionMinute: 0.1}
    - {name: brokers, perHour: 36}
)");
    const auto all = rehearsed(scenario);
    const auto cost = all.result.cost.value();
    EXPECT_NEAR(cost.total(), 2.352, 1e-9);
    EXPECT_NEAR(cost.per_1000_requests().value(), 23.52, 1e-8);
    // 2.352 / (50 * 10.2 / 3600) * 729.6
    EXPECT_NEAR(cost.per_vehicle_month().value(), 12'113.076, 1e-2);
    EXPECT_GT(all.result.sum.messages.bytes_sent, 200U * 50) << "topic and payload of each response";

    auto small_steps = scenario;
    small_steps.cost->message_step = 1;
    const auto sum = rehearsed(small_steps).result.sum;
    EXPECT_EQ(sum.messages.published_steps, sum.messages.bytes_sent) << "a message of n bytes counts n times";
    EXPECT_EQ(sum.messages.received_steps, sum.messages.bytes_received);
}

TEST(rehearsal, has_no_latency_but_the_vehicles_delays) {
    const auto all = rehearsed(scenario_of(R"(
name: exact
seed: 1
fleet: {vehicles: 50}
behaviours:
  success: {steps: [{wait: 20ms}, ack, {wait: 100ms}, executed]}
load: {services: {horn: 1}, phases: [{duration: 10s, arrivalRate: 10}], drain: 5s}
)"));
    EXPECT_EQ(all.observed(outcome::executed), 100U);
    EXPECT_EQ(all.result.mode, measure::run_mode::rehearsal);
    EXPECT_EQ(all.result.ended, measure::run_result::end_reason::complete);
    EXPECT_EQ(all.result.sessions_planned, 50U);
    EXPECT_EQ(all.result.sessions_peak, 50U);
    EXPECT_EQ(all.result.sum.messages.received, 100U);
    EXPECT_EQ(all.result.sum.messages.published, 200U);
    using enum measure::hop;
    for (const auto h : {lag, accept, dispatch, notify, platform}) EXPECT_EQ(all.longest(h), 0ns) << to_string(h);
    EXPECT_NEAR(milliseconds(all.longest(e2e)), 120, 1.5);
    EXPECT_EQ(all.result.sum.latencies.select(e2e).count(), 100U);
    // The last request is due at the end of the load; the drain waits for that request only.
    EXPECT_EQ(all.result.elapsed, 10s + 200ms);
    // Once a second, and at the end.
    ASSERT_EQ(all.progress.size(), 11U);
    for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_EQ(all.progress[i].elapsed, std::chrono::seconds{i + 1});
        EXPECT_EQ(all.progress[i].current_stage, stage::load);
        EXPECT_EQ(all.progress[i].target_rate, 10);
        EXPECT_EQ(all.progress[i].interval.requests.due, 10U);
    }
    EXPECT_EQ(all.progress[10].current_stage, stage::done);
    ASSERT_EQ(all.requests.size(), 100U);
    const auto& first = all.requests.front();
    EXPECT_EQ(first.due_at_ms, 100);
    EXPECT_EQ(first.acked_at_ms, 120);
    EXPECT_EQ(first.observed_at_ms, 220);
    EXPECT_EQ(first.messages.size(), 4U) << "command, two responses, completion";
}

std::string line_of(const measure::request_record& r) {
    auto line = fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}", r.arrival, r.request_id, r.vin,
                            r.segment, r.service, r.phase, to_string(r.expected_outcomes), to_string(r.outcome),
                            r.unexpected, r.reason, r.due_at_ms, r.begun_at_ms, r.sent_at_ms, r.accepted_at_ms,
                            r.delivered_at_ms, r.acked_at_ms, r.finished_at_ms, r.observed_at_ms);
    for (const auto& m : r.messages)
        line += fmt::format("\n  {} {} {} {}", m.at_ms, to_string(m.direction), m.head, m.payload);
    for (const auto& c : r.conditions) line += " " + c;
    for (const auto& a : r.anomalies) line += " " + a;
    return line;
}

std::string ledger_text(const rehearsal_records& all) {
    std::string text;
    for (const auto& r : all.requests) text += line_of(r) + "\n";
    for (const auto& a : all.anomalies)
        text +=
            fmt::format("{} {} {} {} {} {}\n", to_string(a.kind), a.expected, a.at_ms, a.vin, a.request_id, a.evidence);
    for (const auto& s : all.sessions) text += fmt::format("{} {} {}\n", s.at_ms, s.vin, s.event);
    return text;
}

constexpr auto eventful = R"(
name: eventful
seed: 3
fleet:
  vehicles: 300
  mqtt: {cleanStart: false, sessionExpiry: 1h, user: fleet, password: right}
  segments:
    - {name: healthy, share: 50%, behaviour: success}
    - {name: flapping, share: 20%, behaviour: flapping}
    - {name: asleep, share: 20%, behaviour: sleeper-udp}
    - {name: barred, share: 10%, behaviour: wrong-credentials}
conditions:
  - tunnel: {share: 30%, at: 5s, every: 20s, jitter: 2s, for: {uniform: {min: 1s, max: 5s}}, expect: [executed, timed_out]}
  - lossy: {share: 20%, at: 10s, for: 20s, loss: 20%, expect: [executed, timed_out], expectAnomalies: [response_lost]}
  - reconnectStorm: {at: 30s, share: 100%, within: 2s}
  - outage: {at: 40s, for: 3s, expect: [executed, timed_out], expectAnomalies: [command_lost]}
load:
  services: {horn: 1, light-flash: 1}
  spacing: poisson
  phases: [{duration: 60s, arrivalRate: 20}]
  checkResponseSequence: true
  drain: 45s
)";

TEST(rehearsal, gives_the_same_ledger_byte_for_byte_each_time) {
    auto scenario = scenario_of(eventful);
    const auto once = ledger_text(rehearsed(scenario));
    EXPECT_GT(once.size(), 100'000U);
    EXPECT_TRUE(once == ledger_text(rehearsed(scenario)));
    scenario.seed = 4;
    EXPECT_FALSE(once == ledger_text(rehearsed(scenario)));
}

TEST(rehearsal, counts_sessions_and_recoveries) {
    const auto all = rehearsed(scenario_of(eventful));
    EXPECT_EQ(all.result.sum.requests.due, 1200U);
    EXPECT_EQ(all.result.sum.requests.unexpected, 0U) << (all.requests.empty() ? "" : [&] {
        for (const auto& r : all.requests)
            if (r.unexpected) return line_of(r);
        return std::string();
    }());
    EXPECT_THAT(all.anomaly_counts(), IsEmpty());
    const auto& recoveries = all.result.sum.recoveries;
    EXPECT_TRUE(recoveries.contains({0, 0}) && recoveries.contains({0, 2})) << "the tunnel came three times";
    const auto& storm = recoveries.at({2, 0});
    EXPECT_GT(storm.affected, 180U);
    EXPECT_EQ(storm.recovery_times.count(), storm.affected);
    const auto& outage = recoveries.at({3, 0});
    EXPECT_GT(outage.affected, 180U);
    EXPECT_GE(outage.recovery_times.count() + 3, outage.affected)
        << "all but those that have waited for too long in vain";
    EXPECT_GT(outage.recovery_times.max(), 3s);
    EXPECT_EQ(all.result.sum.sessions.dropped, 0U) << "all of it was meant";
    EXPECT_GT(all.result.sum.sessions.reconnects, 400U);
    EXPECT_FALSE(all.sessions.empty());
}

TEST(rehearsal, latency_recovers_after_an_outage_whatever_else_begins_meanwhile) {
    for (const auto* way : {"restart", "freeze"}) {
        SCOPED_TRACE(way);
        const auto all = rehearsed(scenario_of(fmt::format(R"(
name: outage-and-tunnels
seed: 1
target: {{embedded: {{services: {{horn: {{pending: 20s, running: 20s}}}}}}}}
fleet:
  vehicles: 200
  reconnect: {{base: 200ms, cap: 1s}}
  segments: [{{name: healthy, share: 99%, behaviour: success}}, {{name: absent, share: 1%, behaviour: offline}}]
conditions:
  - outage: {{name: broker, at: 10s, for: 8s, way: {}}}
  - tunnel: {{name: nobody, at: 12s, for: 1s, segments: [absent]}}
load: {{services: {{horn: 1}}, phases: [{{duration: 30s, arrivalRate: 10}}]}}
budgets: [e2e.p99 < 1s, recovery.latency < 1m]
)",
                                                           way)));
        ASSERT_EQ(all.result.recoveries.size(), 2U);
        const auto& outage = all.result.recoveries[0];
        EXPECT_EQ(outage.condition, "broker");
        EXPECT_EQ(outage.budget, "e2e.p99 < 1s");
        ASSERT_TRUE(outage.latency_recovery_time);
        EXPECT_GE(*outage.latency_recovery_time, 7s);
        EXPECT_LE(*outage.latency_recovery_time, 12s);
        EXPECT_EQ(all.result.recoveries[1].affected, 0U);
    }
}

TEST(rehearsal, delivers_queued_commands_in_order) {
    const auto all = rehearsed(scenario_of(R"(
name: garage
seed: 1
fleet: {vehicles: 20, mqtt: {cleanStart: false, sessionExpiry: 1h}}
conditions:
  - garage: {at: 5s, for: 5s}
load: {services: {horn: 1}, phases: [{duration: 20s, arrivalCount: 20}]}
)"));
    EXPECT_EQ(all.observed(outcome::executed), 20U);
    EXPECT_GE(all.result.sum.queued.delivered, 4U);
    EXPECT_EQ(all.result.sum.queued.out_of_order, 0U);
    EXPECT_GT(all.longest(measure::hop::dispatch), 3s);
}

/// A fault on every 20th of 119 messages: five times. Vehicles send one response, so every fault has an effect.
TEST(rehearsal, detects_each_fault_of_the_platform) {
    struct row {
        const char* fault;
        std::map<std::string, std::uint64_t> anomalies;
        std::uint64_t unexpected;
        std::uint32_t vehicles = 6; ///< few: a reordered message waits for the next message of the same vehicle
    };
    const std::vector<row> table{
        {"drop: command", {{"command_lost", 5}}, 5},
        {"drop: response", {{"response_lost", 5}}, 5},
        {"drop: event", {{"completion_missing", 5}}, 5},
        {"delay: command, by: 1500ms", {{"command_late", 5}}, 5, 100},
        {"delay: response, by: 1500ms", {{"response_lost", 5}}, 5},
        {"delay: event, by: 200ms", {}, 0},
        {"duplicate: command", {{"command_duplicated", 5}}, 0},
        {"duplicate: response", {{"response_duplicated", 5}}, 0},
        {"duplicate: event", {{"completion_duplicated", 5}}, 0},
        {"reorder: command", {{"command_out_of_order", 5}}, 5},
        {"reorder: response", {{"response_lost", 5}}, 5},
        {"reorder: event", {{"completion_missing", 5}}, 5, 8},
        {"forget: request", {{"completion_missing", 5}}, 5},
        {"doubleSend: request", {{"concurrent_request", 5}}, 0},
    };
    for (const auto& r : table) {
        SCOPED_TRACE(r.fault);
        const auto all = rehearsed(scenario_of(fmt::format(R"(
name: faults
seed: 3
target:
  embedded:
    services: {{horn: {{created: 1s, pending: 1s, running: 1s}}}}
    faults: [{{{}, every: 20}}]
fleet: {{vehicles: {}, segments: [{{name: all, share: 100%, behaviour: one-response}}]}}
behaviours:
  one-response: {{steps: [{{wait: 20ms}}, executed]}}
load:
  services: {{horn: 1}}
  phases: [{{duration: 14s, arrivalCount: 119}}]
  checkResponseSequence: true
  completionTimeout: 2s
  drain: 4s
)",
                                                           r.fault, r.vehicles)));
        EXPECT_EQ(all.result.sum.requests.due, 119U);
        EXPECT_EQ(all.anomaly_counts(), r.anomalies) << (all.anomalies.empty() ? "" : all.anomalies.back().evidence);
        EXPECT_EQ(all.result.sum.requests.unexpected, r.unexpected);
    }
}

TEST(rehearsal, with_the_mqtt_driver_needs_no_platform) {
    const auto all = rehearsed(scenario_of(R"(
name: straight
seed: 1
fleet:
  vehicles: 100
  segments:
    - {name: healthy, share: 50%, behaviour: success}
    - {name: failing, share: 25%, behaviour: failure}
    - {name: silent, share: 25%, behaviour: timeout}
load: {driver: mqtt, mqtt: {deadline: 2s}, services: {horn: 1}, phases: [{duration: 100s, arrivalRate: 4}]}
)"));
    EXPECT_EQ(all.result.sum.requests.due, 400U);
    EXPECT_EQ(all.result.sum.requests.unexpected, 0U);
    EXPECT_GT(all.observed(outcome::executed), 150U);
    EXPECT_GT(all.observed(outcome::failed), 60U);
    EXPECT_GT(all.observed(outcome::timed_out), 60U);
    EXPECT_THAT(all.anomaly_counts(), IsEmpty());
    EXPECT_EQ(all.longest(measure::hop::expiry), 0ns);
}

TEST(rehearsal, with_the_mqtt_driver_is_affected_by_an_outage) {
    const auto with = [](const char* way) {
        return rehearsed(scenario_of(fmt::format(R"(
name: outage
seed: 1
fleet: {{vehicles: 100}}
conditions:
  - outage: {{at: 5s, for: 4s, way: {}, expect: [executed, errored]}}
load: {{driver: mqtt, mqtt: {{deadline: 8s}}, services: {{horn: 1}}, phases: [{{duration: 20s, arrivalRate: 5}}]}}
)",
                                                 way)));
    };
    const auto frozen = with("freeze");
    EXPECT_EQ(frozen.observed(outcome::executed), 100U) << "what is sent waits";
    EXPECT_GT(frozen.longest(measure::hop::dispatch), 3s);
    const auto restarted = with("restart");
    EXPECT_EQ(restarted.observed(outcome::errored), 0U) << "no request is sent while all vehicles are unavailable";
    EXPECT_GT(restarted.observed(outcome::skipped), 15U);
    EXPECT_EQ(restarted.observed(outcome::executed) + restarted.observed(outcome::skipped), 100U);
}

// The drain waits for vehicles that return after a condition: else the recovery would have failed without a reason.
TEST(rehearsal, waits_for_outages_and_vehicles_to_return) {
    const auto with = [](const char* condition, const char* drain) {
        return rehearsed(scenario_of(fmt::format(R"(
name: late-disruption
seed: 1
fleet: {{vehicles: 200, reconnect: {{base: 2s, cap: 4s}}}}
conditions: [{{{}}}]
load: {{driver: mqtt, services: {{horn: 1}}, phases: [{{duration: 10s, arrivalRate: 2}}], drain: {}}}
)",
                                                 condition, drain)));
    };
    for (const auto* condition : {"outage: {at: 9s, for: 4s}", "outage: {at: 9s, for: 4s, way: freeze}",
                                  "garage: {at: 9900ms, for: 50ms}", "garage: {at: 9s, for: 3s}"}) {
        SCOPED_TRACE(condition);
        const auto all = with(condition, "60s");
        ASSERT_EQ(all.result.recoveries.size(), 1U);
        EXPECT_EQ(all.result.recoveries[0].affected, 200U);
        EXPECT_EQ(all.result.recoveries[0].recovered, 200U);
        EXPECT_TRUE(all.result.recoveries[0].recovery_time);
        EXPECT_LT(all.result.elapsed, 40s) << "no longer than necessary";
    }
    const auto too_long = with("outage: {at: 9s, for: 10m}", "20s");
    EXPECT_LT(too_long.result.elapsed, 20s) << "its end is not awaited, as it comes after the drain";
    EXPECT_EQ(too_long.result.recoveries.at(0).recovered, 0U);
}

TEST(rehearsal, lost_requests_count_with_the_completion_timeout) {
    const auto all = rehearsed(scenario_of(R"(
name: lost
seed: 1
target: {embedded: {faults: [{drop: event, every: 1}]}}
fleet: {vehicles: 500}
load: {services: {horn: 1}, phases: [{duration: 2s, arrivalRate: 100}], drain: 6s}
)"));
    EXPECT_EQ(all.observed(outcome::unanswered), 200U);
    EXPECT_GE(all.result.sum.latencies.select(measure::hop::e2e).min(), 59s);
}

TEST(rehearsal, counts_skipped_requests) {
    const auto all = rehearsed(scenario_of(R"(
name: crowded
seed: 1
fleet: {vehicles: 2, segments: [{name: silent, share: 100%, behaviour: timeout}]}
load: {services: {horn: 1}, phases: [{duration: 10s, arrivalRate: 10}]}
)"));
    EXPECT_EQ(all.observed(outcome::timed_out), 2U);
    EXPECT_EQ(all.observed(outcome::skipped), 98U);
    EXPECT_THAT(all.result.sum.errors, ElementsAre(Pair("no vehicle was online and free", 98U)));
    EXPECT_GE(all.result.elapsed, 10'200ms) << "it waits for the last end";
}

TEST(rehearsal, ends_requests_without_completion_as_unanswered) {
    const auto all = rehearsed(scenario_of(R"(
name: forgetful
seed: 1
target: {embedded: {services: {horn: {created: 1s, pending: 1s, running: 1s}}, faults: [{forget: request, every: 1}]}}
fleet: {vehicles: 50}
load: {services: {horn: 1}, phases: [{duration: 10s, arrivalRate: 1}], completionTimeout: 4s, drain: 6s}
)"));
    EXPECT_EQ(all.observed(outcome::unanswered), 10U);
    EXPECT_EQ(all.result.elapsed, 14s) << "the last was due at 10 s";
}

TEST(rehearsal, ends_early_when_a_budget_with_abort_is_missed) {
    const auto all = rehearsed(scenario_of(
        "name: t\nseed: 3\nfleet: {vehicles: 1000, segments: [{name: a, share: 100%, behaviour: failure}]}\n"
        "load: {phases: [{duration: 10m, arrivalRate: 10}]}\n"
        "budgets: [{budget: outcomes.failed.rate < 1%, abort: 30s}]\n"));
    EXPECT_EQ(all.result.ended, measure::run_result::end_reason::budget);
    EXPECT_EQ(all.result.abort_reason,
              "30s of load, because the budget outcomes.failed.rate < 1% was missed (observed 100%)");
    EXPECT_NEAR(static_cast<double>(all.result.sum.requests.due), 300, 1) << "nothing is due after it";
    EXPECT_EQ(all.observed(outcome::failed), all.result.sum.requests.due) << "what was in flight has ended";
}

TEST(rehearsal, records_the_slowest_requests_at_its_end) {
    const auto all =
        rehearsed(scenario_of("name: slowest\nseed: 3\nrecord: unexpected\nfleet: {vehicles: 1000, segments: "
                              "[{name: all, share: 100%, behaviour: success}]}\n"
                              "load: {phases: [{duration: 100s, arrivalRate: 5}]}\n"));
    EXPECT_EQ(all.result.sum.requests.unexpected, 0U);
    ASSERT_EQ(all.requests.size(), measure::max_slowest_requests);
    const auto e2e = [](const auto& r) { return r.observed_at_ms - r.due_at_ms; };
    EXPECT_TRUE(std::ranges::is_sorted(all.requests, std::ranges::greater{}, e2e));
    const auto longest = milliseconds(all.longest(measure::hop::e2e));
    EXPECT_NEAR(e2e(all.requests.front()), longest, longest / 500) << "that of the histogram";
    EXPECT_FALSE(all.requests.front().messages.empty());
}

TEST(rehearsal, counts_vehicles_by_state) {
    const auto all = rehearsed(scenario_of(R"(
name: states
seed: 3
fleet:
  vehicles: 100
  segments:
    - {name: awake, share: 80%, behaviour: lingering}
    - {name: sleeping, share: 20%, behaviour: napping}
behaviours:
  lingering: {steps: [executed, {wait: 4s}]}
  napping: {asleep: {bearer: udp, takes: 100ms, staysAwake: 1s}, steps: [executed]}
conditions: [{tunnel: {at: 6s, for: 3s, segments: [awake]}}]
load: {services: {horn: 1}, phases: [{duration: 1s, arrivalCount: 10}, {pause: 10s}]}
)"));
    ASSERT_GT(all.progress.size(), 11U);
    const auto& second = all.progress[1];
    EXPECT_GE(second.vehicles.asleep, 10U) << "the others were woken";
    EXPECT_EQ(second.vehicles.connecting + second.sessions_online + second.vehicles.asleep, 100U);
    EXPECT_EQ(second.vehicles.blocked, 0U);
    EXPECT_GE(second.vehicles.busy, 5U) << "four of five are awake, and execute after their request has ended";
    EXPECT_LE(second.vehicles.busy, 10U);
    EXPECT_EQ(all.progress[6].vehicles.blocked, 80U);
    EXPECT_EQ(all.progress[6].conditions, std::vector{0U});
    EXPECT_THAT(all.progress[4].conditions, IsEmpty());
    EXPECT_EQ(all.progress[10].vehicles, measure::vehicle_states{.asleep = 20});
    EXPECT_EQ(all.progress.back().vehicles, measure::vehicle_states{}) << "the fleet has stopped";
}

TEST(rehearsal, names_the_worst_window_of_a_budget) {
    const std::string yaml =
        "name: t\nseed: 3\nfleet: {vehicles: 1000}\n"
        "load: {phases: [{name: ramp, duration: 30s, arrivalRate: 10}, {name: steady, duration: 3m, arrivalRate: "
        "10}]}\n"
        "conditions: [{slow: {at: 100s, for: 20s, delay: 2s}}]\n"
        "budgets: [{budget: e2e.p99 < 1s, during: steady, over: 1m}, {budget: e2e.p50 < 1s, over: 70s}]\n";
    const auto scenario = scenario_of(yaml);
    const auto all = rehearsed(scenario);
    EXPECT_EQ(all.result.ended, measure::run_result::end_reason::complete);
    ASSERT_EQ(all.result.budget_parts.size(), 2U);
    EXPECT_EQ(all.result.budget_parts[0].windows, 3U) << "of the phase, from its begin";
    EXPECT_EQ(all.result.budget_parts[0].from, 90s);
    EXPECT_EQ(all.result.budget_parts[0].until, 150s);
    EXPECT_EQ(all.result.budget_parts[1].windows, 3U);
    const auto names = scenario::labels_of(scenario);
    const auto missed = verdict::evaluate_budget(scenario.budgets[0], all.result, names);
    EXPECT_EQ(missed.verdict, verdict::budget_verdict::fail) << missed.observed_text;
    EXPECT_THAT(missed.observed_text, testing::EndsWith("from 1m30s to 2m30s of the load, the worst of 3 windows"));
    EXPECT_EQ(verdict::evaluate_budget(scenario.budgets[1], all.result, names).verdict, verdict::budget_verdict::pass);
}

} // namespace
