#include "sample_run.hpp"

#include <cstdlib>
#include <ctime>
#include <limits>

namespace loadsim::report::sample_run {
namespace {

using namespace std::chrono_literals;
using measure::hop;

const auto started = std::chrono::system_clock::from_time_t(1'795'170'000); // 2026-11-20T10:20:00Z
constexpr outcome_set executed_or_timed_out{outcome::executed, outcome::timed_out};

constexpr auto index_of(outcome o) { return static_cast<std::size_t>(o); }

} // namespace

measure::labels labels() {
    return {.services = {"horn", "light"},
            .phases = {"ramp", "steady"},
            .segments = {"good", "silent"},
            .behaviours = {"success", "timeout"},
            .conditions = {"tunnel"},
            .observers = {"mqtt", "webhook"},
            .campaigns = {"recall"},
            .telemetry = {"position", "tyre"},
            .taps = {"kafka"}};
}

run_header header() {
    return {.mode = measure::run_mode::run,
            .scenario = "quickstart",
            .seed = 42,
            .started = started,
            .origin = {.version = "1.2.3",
                       .host = "ci-7",
                       .target = "mqtt://10.0.0.1:1883 http://10.0.0.9:80",
                       .labels = {{"commit", "abc123"}, {"branch", "main"}}}};
}

load_start load_started() { return started + 4s; }

measure::run_result run() {
    measure::run_result run;
    run.scenario = "quickstart";
    run.seed = 42;
    run.started = started;
    run.elapsed = 34'250ms;
    run.load_elapsed = 30s;
    run.lag_limit = 100ms;
    run.planned_arrivals = 61;
    run.sessions_planned = 2000;
    run.sessions_peak = 1999;
    run.generator = {.cpu_s = 3.25, .rss_bytes = 41'500'000, .shards = 2, .ranks = 3};
    run.generator.machines = {{.host = "load-1",
                               .measured_s = 30,
                               .cores = 4,
                               .cores_usable = 2,
                               .own_share = 0.25,
                               .other_share = 0.1,
                               .steal_share = std::nullopt,
                               .stalled_s = 1.5,
                               .throttled_s = 0}};

    auto& sum = run.sum;
    sum.requests = {.due = 60, .sent = 59, .outcomes = {}, .unexpected = 1};
    sum.requests.outcomes[index_of(outcome::executed)] = 50;
    sum.requests.outcomes[index_of(outcome::timed_out)] = 9;
    sum.requests.outcomes[index_of(outcome::skipped)] = 1;
    sum.phases.resize(2);
    sum.phases[0] = {.due = 10, .sent = 10, .outcomes = {}, .unexpected = 0};
    sum.phases[0].outcomes[index_of(outcome::executed)] = 10;
    sum.phases[1] = {.due = 50, .sent = 49, .outcomes = {}, .unexpected = 1};
    sum.phases[1].outcomes[index_of(outcome::executed)] = 40;
    sum.phases[1].outcomes[index_of(outcome::timed_out)] = 9;
    sum.phases[1].outcomes[index_of(outcome::skipped)] = 1;
    sum.matrix[{0, 0, outcome::executed, outcome::executed}] = 40;
    sum.matrix[{0, 1, outcome::executed, outcome::executed}] = 10;
    sum.matrix[{1, 0, executed_or_timed_out, outcome::timed_out}] = 9;
    sum.matrix[{1, 0, executed_or_timed_out, outcome::skipped}] = 1;
    for (int i = 1; i <= 40; ++i) sum.latencies.record(hop::e2e, 0, 1, i * 1ms);
    for (int i = 1; i <= 10; ++i) sum.latencies.record(hop::e2e, 1, 0, 1s);
    for (int i = 1; i <= 60; ++i) sum.latencies.record(hop::lag, 0, 1, 140us);
    sum.phase_loop_delay.resize(2);
    sum.phase_loop_delay[1].record(1ms, 7);
    sum.sessions.refused = 2;
    sum.sessions.dropped = 1;
    sum.sessions.reconnects = 1;
    sum.sessions.syn_retransmitted = 4;
    sum.sessions.connect.record(2ms);
    sum.sessions.connect.record(1ms);
    sum.sessions.tcp.record(200us, 2);
    sum.sessions.tls.full.record(1500us);
    sum.sessions.tls.resumed.record(500us);
    sum.sessions.tls.unverified = 2;
    sum.sessions.tls.failures = {{"TLS alert from the peer: unknown ca", 2}};
    sum.sessions.tls.bytes_sent = 23'456;
    sum.sessions.tls.bytes_received = 7'890;
    sum.sessions.connack.record(300us, 2);
    sum.sessions.addresses = {{"10.0.0.1:1883", 1001}, {"10.0.0.2:1883", 1000}};
    sum.sessions.reasons = {{"connection refused", 2}, {"connection reset by peer", 1}};
    sum.messages = {.published = 118, .received = 59, .bytes_sent = 12'345, .bytes_received = 999};
    sum.http = {
        .connection_limit = 64, .requests = 59, .opened = 4, .open_peak = 3, .busy_peak = 2, .connection_wait = {}};
    sum.http.connection_wait.record(2ms, 5);
    sum.http.addresses = {{"10.0.0.9:80", 4}};
    sum.anomalies[static_cast<std::size_t>(loadsim::anomaly::completion_duplicated)] = 3;
    sum.expected_anomalies[static_cast<std::size_t>(loadsim::anomaly::response_duplicated)] = 2;
    sum.omitted_records = 4;
    sum.queued = {.delivered = 7, .out_of_order = 1, .wait = {}};
    sum.queued.wait.record(2s, 7);
    sum.observers[0] = {.received = 60,
                        .completions = 50,
                        .first_completions = 20,
                        .disagreements = 0,
                        .rejections = {},
                        .addresses = {{"10.0.0.1:1883", 1}}};
    sum.observers[1] = {.received = 59,
                        .completions = 50,
                        .first_completions = 30,
                        .disagreements = 2,
                        .rejections = {{"the signature is wrong", 7}},
                        .connection_errors = {{"has ended", 2}}};
    sum.campaigns[0] = {.published = 1,
                        .addressed = 1000,
                        .delivered = 990,
                        .delivered_after_reconnect = 5,
                        .duplicate_deliveries = 3,
                        .latency = {}};
    sum.campaigns[0].latency.record(8ms, 990);
    sum.broker_api.accepted = 59;
    sum.broker_api.delayed = 4;
    sum.broker_api.refused = 6;
    sum.broker_api.reset = 2;
    sum.broker_api.posted = 110;
    sum.broker_api.duplicated = 5;
    sum.broker_api.rejected = 3;
    sum.broker_api.reasons = {{"inbound: 503", 3}};
    sum.programs = {
        .asked = 1000,
        .answered = 995,
        .late = 1,
        .answer = {},
        .failures = {{"exec_timeout", 4}, {"exec_bad_answer", 1}},
        .reasons = {{"exec_timeout: no answer came in time", 4}, {"exec_bad_answer: a line is no JSON object", 1}}};
    sum.programs.answer.record(2ms, 995);
    sum.unmatched_fields = {{"contract.command.id: '/ref' was in none of the first 20 messages; one of them: {}", 1}};
    sum.broker_limits = {{"the broker does not retain messages", 2}};
    run.recoveries = {{.condition = "tunnel",
                       .occurrence = 0,
                       .started = 10s,
                       .affected = 200,
                       .recovered = 200,
                       .recovery_time = 1500ms,
                       .budget = "e2e.p99 < 1s",
                       .latency_recovery_time = 3s},
                      {.condition = "tunnel",
                       .occurrence = 1,
                       .started = 20s,
                       .affected = 200,
                       .recovered = 100,
                       .recovery_time = std::nullopt,
                       .budget = "e2e.p99 < 1s",
                       .latency_recovery_time = std::nullopt}};
    sum.errors = {{"no vehicle was free", 1}};
    run.origin = header().origin;
    run.load_started = load_started();
    run.load_phases = {{.planned = 11, .duration = 10s, .elapsed = 10s},
                       {.planned = 50, .duration = 20s, .elapsed = 15s}};
    return run;
}

void add_telemetry(measure::totals& sum) {
    auto& position = sum.telemetry[0];
    position.due = 1000;
    position.sent = 900;
    position.stored = 95;
    position.unsent = 5;
    position.reissued = 95;
    position.acknowledged = 960;
    position.refused = 4;
    position.unacknowledged = 10;
    position.overwritten = 8;
    position.expired = 2;
    position.too_old = 1;
    position.in_store = 10;
    position.bytes = 199'000;
    position.publish.record(4ms, 865);
    position.lag.record(140us, 900);
    position.reasons = {{"packet too large", 4}, {"the link was down", 5}};
    auto& tyre = sum.telemetry[1];
    tyre.due = tyre.sent = tyre.acknowledged = 3;
    tyre.publish.record(4ms, 3);
    sum.backlogs = {.begun = 3, .drained = {}, .errors = 1, .reasons = {{"database or disk is full", 1}}};
    sum.backlogs.drained.record(2s, 2);
    auto& tap = sum.taps[0];
    tap.groups[0] = {.sent = 960,
                     .reissued = 2,
                     .consumed = 962,
                     .matched = 950,
                     .corrupted = 1,
                     .lost = 7,
                     .sent_not_reconciled = 2,
                     .duplicated = 5,
                     .reissue_duplicates = 2,
                     .foreign = 3,
                     .consumed_not_reconciled = 1,
                     .unknown_vehicle = 0,
                     .without_sequence = 0,
                     .wrong_key = 6,
                     .out_of_order = 4,
                     .largest_distance = {9},
                     .clock_difference = 8};
    tap.unassigned.consumed = 3;
    tap.unassigned.unknown_vehicle = 2;
    tap.unassigned.without_sequence = 1;
    tap.bridge.record(8ms, 940);
    tap.deliver.record(16ms, 950);
    tap.bytes = 123'456;
    tap.partitions = {{"telemetry/0", 965}};
    tap.consumer_lag["telemetry/0"].value = 12;
    tap.errors = {{"broker transport failure", 1}};
    tap.append_times = 965;
}

measure::run_cost cost() {
    const measure::price_list list{.currency = "EUR",
                                   .example = "cloud-2026",
                                   .description = "list prices of a cloud",
                                   .prices = {{.name = "API", .unit = measure::price_unit::request, .price = 0.001},
                                              {.name = "up", .unit = measure::price_unit::message_up, .price = 0.0001},
                                              {.name = "brokers", .unit = measure::price_unit::hour, .price = 0.5}},
                                   .fleet = 24'500'000};
    return measure::cost_of(
        list, {.requests = 2'000, .messages_up = 5'000, .duration = std::chrono::minutes{30}, .vehicles = 100});
}

measure::run_result run_with_telemetry() {
    auto made = run();
    add_telemetry(made.sum);
    return made;
}

verdict::evaluation missed_budget() {
    using verdict::budget_result;
    using verdict::budget_verdict;
    const budget_result e2e{.expression = "e2e{service=horn,phase=steady}.p50 < 19ms",
                            .metric = "e2e.p50",
                            .labels = "service=horn,phase=steady",
                            .op = "<",
                            .limit = 19,
                            .unit = "ms",
                            .observed = 20.015,
                            .observed_from_begun = 19.983,
                            .observed_text = "20.015ms",
                            .samples = 40,
                            .interval_low = 13.992,
                            .interval_high = 26.015,
                            .close = true,
                            .verdict = budget_verdict::fail,
                            .sentence = "e2e{service=horn,phase=steady}.p50 < 19ms missed by 1.02ms"};
    const budget_result lag{.expression = "lag.p99 < 100us",
                            .metric = "lag.p99",
                            .labels = "",
                            .op = "<",
                            .limit = 0.1,
                            .unit = "ms",
                            .observed = 0.14,
                            .observed_text = "0.14ms",
                            .samples = 60,
                            .carried = false,
                            .verdict = budget_verdict::undecided,
                            .sentence = "lag.p99 < 100us undecided"};
    const budget_result unexpected{.expression = "unexpected <= 1",
                                   .metric = "unexpected",
                                   .labels = "",
                                   .op = "<=",
                                   .limit = 1,
                                   .unit = "count",
                                   .observed = 1,
                                   .observed_text = "1",
                                   .samples = 60,
                                   .verdict = budget_verdict::pass,
                                   .sentence = "unexpected <= 1 holds"};
    const budget_result expiry{.expression = "expiry.p99 < 12s",
                               .metric = "expiry.p99",
                               .labels = "",
                               .op = "<",
                               .limit = 12'000,
                               .unit = "ms",
                               .observed = std::nullopt,
                               .observed_text = "no data",
                               .samples = 0,
                               .verdict = budget_verdict::no_data,
                               .sentence = "expiry.p99 < 12s has no data"};
    return {.verdict = verdict::run_verdict::fail,
            .code = verdict::exit_code::missed,
            .reasons = {"1 of 4 budgets was missed"},
            .budgets = {e2e, lag, unexpected, expiry}};
}

measure::progress under_load(const measure::totals& sum) {
    measure::progress p;
    p.current_stage = measure::stage::load;
    p.time = started + 16s;
    p.elapsed = 16s;
    p.load_elapsed = 12s;
    p.load_started = load_started();
    p.load_duration = 30s;
    p.phase = 1;
    p.conditions = {0};
    p.target_rate = 200;
    p.sessions_planned = 2000;
    p.sessions_online = 2000;
    p.vehicles = {.asleep = 11, .connecting = 12, .blocked = 13, .busy = 85};
    p.in_flight = 84;
    p.generator = {.cpu_s = 1.5, .rss_bytes = 20'000'000};
    p.interval.requests = {.due = 200, .sent = 198, .outcomes = {}, .unexpected = 1};
    p.interval.requests.outcomes[index_of(outcome::executed)] = 190;
    for (int i = 0; i < 100; ++i) p.interval.latencies.record(hop::e2e, 0, 1, i < 97 ? 41'200us : 380ms);
    p.interval.latencies.record(hop::lag, 0, 1, 140us);
    p.interval.sessions.connected = 4;
    p.interval.sessions.reconnects = 3;
    p.interval.messages = {.published = 400, .received = 200, .bytes_sent = 40'000, .bytes_received = 20'000};
    p.cumulative = &sum;
    return p;
}

measure::request_record request() {
    constexpr double never_ms = std::numeric_limits<double>::quiet_NaN();
    return {.arrival = 17,
            .request_id = "r-17",
            .vin = "LZ9SMEV05TF000001",
            .segment = "good",
            .behaviour = "success",
            .service = "horn",
            .phase = "steady",
            .expected_outcomes = executed_or_timed_out,
            .outcome = outcome::unanswered,
            .unexpected = true,
            .reason = "no end after \"60s\"",
            .due_at_ms = 1000.0004,
            .begun_at_ms = 1000.125,
            .sent_at_ms = 1000.25,
            .accepted_at_ms = 1003.5,
            .delivered_at_ms = 1010,
            .acked_at_ms = never_ms,
            .finished_at_ms = 1030.5,
            .observed_at_ms = never_ms,
            .messages = {{.at_ms = 1010,
                          .direction = measure::message_direction::to_vehicle,
                          .head = "v1/LZ9SMEV05TF000001/cmd/horn",
                          .payload = R"({"request":"r-17"})",
                          .payload_bytes = 18},
                         {.at_ms = 1030.5,
                          .direction = measure::message_direction::from_vehicle,
                          .head = "v1/LZ9SMEV05TF000001/rsp/r-17",
                          .payload = R"({"state":"executed","pad":")",
                          .payload_bytes = 70'000}},
            .conditions = {"tunnel"},
            .anomalies = {"completion_missing"}};
}

measure::anomaly_record anomaly() {
    return {.kind = loadsim::anomaly::completion_missing,
            .expected = false,
            .at_ms = 61'000,
            .vin = "LZ9SMEV05TF000001",
            .request_id = "r-17",
            .evidence = "accepted, and nothing was announced within 60s"};
}

measure::session_record session() {
    return {.at_ms = 250.5, .vin = "LZ9SMEV05TF000001", .event = "online, session present"};
}

measure::telemetry_finding finding() {
    return {.at_ms = 1'250.5,
            .finding = measure::delivery_finding::kind::out_of_order,
            .vin = "LZ9SMEV05TF000001",
            .group = "position",
            .sequence = 17,
            .tap = "kafka"};
}

non_utc_time_zone::non_utc_time_zone() {
    if (const char* zone = std::getenv("TZ")) saved_ = zone;
    ::setenv("TZ", "CST-8", 1);
    ::tzset();
}

non_utc_time_zone::~non_utc_time_zone() {
    if (saved_)
        ::setenv("TZ", saved_->c_str(), 1);
    else
        ::unsetenv("TZ");
    ::tzset();
}

} // namespace loadsim::report::sample_run
