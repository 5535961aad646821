#include "summary_reader.hpp"

#include "cost_report.hpp"
#include "histogram_lines.hpp"
#include "json_fields.hpp"
#include "telemetry_json.hpp"

#include <loadsim/base/encoding.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using measure::run_result;

nanoseconds duration_at(const json::object& fields, std::string_view name) {
    return nanoseconds{std::llround(number_at(fields, name) * 1e6)};
}

std::optional<nanoseconds> duration_or_null_at(const json::object& fields, std::string_view name) {
    if (!value_at(fields, name).is_number()) return std::nullopt;
    return duration_at(fields, name);
}

measure::request_counts request_counts_of(const json::object& fields) {
    return {.due = count_at(fields, "due"),
            .sent = count_at(fields, "sent"),
            .outcomes = counts_by_name_at(fields, "outcomes", outcome_names),
            .unexpected = count_at(fields, "unexpected"),
            .skipped_late = count_at(fields, "skipped_late"),
            .unexpected_late = count_at(fields, "unexpected_late")};
}

/// Index of a name's n-th occurrence in a list; missing ones are appended. Parts of a phase around a spike have one name.
std::uint32_t index_of_occurrence(std::vector<std::string>& names, const std::string& name, std::ptrdiff_t n) {
    for (std::uint32_t i = 0; i < names.size(); ++i)
        if (names[i] == name && n-- == 0) return i;
    names.push_back(name);
    return static_cast<std::uint32_t>(names.size() - 1);
}

void read_phases(const json::array& rows, measure::totals& sum, measure::labels& labels) {
    std::vector<std::string> seen;
    for (const auto& row : rows) {
        const auto fields = as_object(row);
        const auto name = text_at(fields, "name");
        const auto index = index_of_occurrence(labels.phases, name, std::ranges::count(seen, name));
        seen.push_back(name);
        if (sum.phases.size() <= index) sum.phases.resize(index + 1);
        sum.phases[index] = request_counts_of(fields);
    }
}

/// Also the groups of requests by service and segment; by phase and condition they are in no file.
void read_matrix(const json::array& rows, measure::totals& sum, measure::labels& labels) {
    for (const auto& row : rows) {
        const auto fields = as_object(row);
        const auto segment = index_of_name(labels.segments, text_at(fields, "segment"));
        if (labels.behaviours.size() <= segment) labels.behaviours.resize(segment + 1);
        labels.behaviours[segment] = text_at(fields, "behaviour");
        outcome_set expected;
        for (const auto& name : array_at(fields, "expected_outcomes"))
            if (const auto one = name.is_string() ? parse_outcome(name.get_string()) : std::nullopt) expected.add(*one);
        const auto observed = parse_outcome(text_at(fields, "outcome"));
        if (!observed) continue;
        const auto service = index_of_name(labels.services, text_at(fields, "service"));
        const auto count = count_at(fields, "count");
        sum.matrix[{segment, service, expected, *observed}] += count;
        constexpr auto of_no_phase = std::numeric_limits<std::uint32_t>::max();
        auto& group = sum.groups[{.service = service, .phase = of_no_phase, .segment = segment}];
        group.due += count;
        group.outcomes[static_cast<std::size_t>(*observed)] += count;
        if (!expected.contains(*observed)) group.unexpected += count;
    }
}

void read_sessions(const json::object& fields, run_result& run) {
    auto& s = run.sum.sessions;
    run.sessions_planned = static_cast<std::uint32_t>(count_at(fields, "planned"));
    run.sessions_peak = static_cast<std::uint32_t>(count_at(fields, "online_peak"));
    s.refused = count_at(fields, "refused");
    s.dropped = count_at(fields, "dropped");
    s.reconnects = count_at(fields, "reconnects");
    s.syn_retransmitted = count_at(fields, "syn_retransmitted");
    s.addresses = counts_by_text_at(fields, "addresses");
    s.reasons = counts_by_text_at(fields, "error_reasons");
    const auto tls = object_at(fields, "tls");
    s.tls.unverified = count_at(tls, "unverified");
    s.tls.failures = counts_by_text_at(tls, "error_reasons");
    s.tls.bytes_sent = count_at(tls, "bytes_sent");
    s.tls.bytes_received = count_at(tls, "bytes_received");
}

void read_http(const json::object& fields, measure::http_counts& http) {
    const auto connections = object_at(fields, "connections");
    http.requests = count_at(fields, "requests");
    http.connection_limit = count_at(connections, "limit");
    http.opened = count_at(connections, "opened");
    http.open_peak = count_at(connections, "open_peak");
    http.busy_peak = count_at(connections, "busy_peak");
    http.timeouts = count_at(fields, "timeouts");
    http.retries = count_at(fields, "retries");
    http.failovers = count_at(fields, "failovers");
    http.addresses = counts_by_text_at(fields, "addresses");
}

void read_recoveries(const json::array& rows, run_result& run) {
    for (const auto& row : rows) {
        const auto fields = as_object(row);
        run.recoveries.push_back({.condition = text_at(fields, "condition"),
                                  .occurrence = static_cast<std::uint32_t>(count_at(fields, "occurrence")),
                                  .started = duration_at(fields, "started_at_ms"),
                                  .affected = count_at(fields, "affected_vehicles"),
                                  .recovered = count_at(fields, "recovered_vehicles"),
                                  .recovery_time = duration_or_null_at(fields, "recovery_ms"),
                                  .budget = text_at(fields, "latency_budget"),
                                  .latency_recovery_time = duration_or_null_at(fields, "latency_recovery_ms")});
    }
}

void read_observers(const json::array& rows, measure::totals& sum, measure::labels& labels) {
    for (const auto& row : rows) {
        const auto fields = as_object(row);
        auto& o = sum.observers[index_of_name(labels.observers, text_at(fields, "name"))];
        o.received = count_at(fields, "received");
        o.completions = count_at(fields, "completions");
        o.first_completions = count_at(fields, "first_completions");
        o.disagreements = count_at(fields, "disagreements");
        o.rejections = counts_by_text_at(fields, "rejections");
        o.connection_errors = counts_by_text_at(fields, "connection_errors");
        o.addresses = counts_by_text_at(fields, "addresses");
    }
}

void read_campaigns(const json::array& rows, measure::totals& sum, measure::labels& labels) {
    for (const auto& row : rows) {
        const auto fields = as_object(row);
        auto& c = sum.campaigns[index_of_name(labels.campaigns, text_at(fields, "name"))];
        c.published = count_at(fields, "published");
        c.addressed = count_at(fields, "addressed_vehicles");
        c.delivered = count_at(fields, "deliveries");
        c.delivered_after_reconnect = count_at(fields, "deliveries_after_reconnect");
        c.duplicate_deliveries = count_at(fields, "duplicate_deliveries");
    }
}

void read_broker_api(const json::object& fields, measure::broker_api_counts& c) {
    const auto commands = object_at(fields, "commands");
    const auto responses = object_at(fields, "responses");
    c.accepted = count_at(commands, "accepted");
    c.refused = count_at(commands, "refused");
    c.reset = count_at(commands, "reset");
    c.malformed = count_at(commands, "malformed");
    c.delayed = count_at(commands, "delayed");
    c.posted = count_at(responses, "posted");
    c.rejected = count_at(responses, "rejected");
    c.failed = count_at(responses, "failed");
    c.dropped = count_at(responses, "dropped");
    c.duplicated = count_at(responses, "duplicated");
    c.reasons = counts_by_text_at(fields, "error_reasons");
}

void read_end(const json::object& summary, run_result& run) {
    const auto reason = text_at(summary, "end_reason");
    if (reason == "budget") run.ended = run_result::end_reason::budget;
    if (reason == "interrupted") run.ended = run_result::end_reason::interrupted;
    if (reason == "terminated") run.ended = run_result::end_reason::terminated;
    if (reason == "aborted") run.ended = run_result::end_reason::aborted;
    if (run.ended != run_result::end_reason::aborted && run.ended != run_result::end_reason::budget) return;
    run.abort_reason = "its summary.json says why";
    run.aborted_after_interrupt = count_at(summary, "exit_code") == 130;
}

void read_machines(const json::array& rows, std::vector<measure::machine_load>& machines) {
    for (const auto& row : rows) {
        const auto fields = as_object(row);
        const auto number = [&](std::string_view name) {
            const auto value = value_at(fields, name);
            return value.is_number() ? std::optional(value.to_number<double>()) : std::nullopt;
        };
        const auto in_seconds = [&](std::string_view name) {
            const auto ms = number(name);
            return ms ? std::optional(*ms / 1e3) : std::nullopt;
        };
        machines.push_back({.host = text_at(fields, "host"),
                            .measured_s = number_at(fields, "measured_ms") / 1e3,
                            .cores = number("cores"),
                            .cores_usable = number("cores_usable"),
                            .own_share = number("generator_share"),
                            .other_share = number("other_share"),
                            .steal_share = number("steal_share"),
                            .stalled_s = in_seconds("stalled_ms"),
                            .throttled_s = in_seconds("throttled_ms")});
    }
}

} // namespace

run_result run_of_summary(const json::object& summary, measure::labels& labels) {
    run_result run;
    auto& sum = run.sum;
    if (const auto mode = parse_enum<measure::run_mode>(text_at(summary, "mode"))) run.mode = *mode;
    run.origin = {
        .version = text_at(summary, "version"), .host = text_at(summary, "host"), .target = text_at(summary, "target")};
    for (const auto& label : object_at(summary, "labels"))
        if (label.value().is_string()) run.origin.labels.emplace_back(label.key(), label.value().get_string());
    for (const auto& tag : object_at(summary, "tags"))
        if (tag.value().is_string()) run.origin.tags.emplace_back(tag.key(), tag.value().get_string());
    if (const auto started = parse_iso_time(text_at(summary, "load_started_at"))) run.load_started = *started;
    run.scenario = text_at(summary, "scenario");
    run.seed = count_at(summary, "seed");
    if (const auto started = parse_iso_time(text_at(summary, "started_at"))) run.started = *started;
    run.elapsed = duration_at(summary, "duration_ms");
    read_end(summary, run);

    const auto requests = object_at(summary, "requests");
    sum.requests = request_counts_of(requests);
    run.planned_arrivals = count_at(requests, "planned");
    sum.errors = counts_by_text_at(requests, "error_reasons");
    for (const auto& service : array_at(summary, "services"))
        index_of_name(labels.services, text_at(as_object(service), "name"));
    read_phases(array_at(summary, "phases"), sum, labels);
    read_matrix(array_at(summary, "outcome_matrix"), sum, labels);

    read_sessions(object_at(summary, "sessions"), run);
    const auto messages = object_at(summary, "messages");
    sum.messages = {.published = count_at(messages, "published"),
                    .received = count_at(messages, "received"),
                    .bytes_sent = count_at(messages, "bytes_sent"),
                    .bytes_received = count_at(messages, "bytes_received")};
    read_http(object_at(summary, "http"), sum.http);
    sum.queued.delivered = count_at(object_at(summary, "queued"), "delivered");
    sum.queued.out_of_order = count_at(object_at(summary, "queued"), "out_of_order");
    read_recoveries(array_at(summary, "recoveries"), run);
    read_observers(array_at(summary, "observers"), sum, labels);
    read_campaigns(array_at(summary, "campaigns"), sum, labels);
    read_broker_api(object_at(summary, "broker_api"), sum.broker_api);
    read_telemetry_fields(summary, sum, labels);
    run.cost = cost_of_json(value_at(summary, "cost"));
    const auto programs = object_at(summary, "exec");
    sum.programs.asked = count_at(programs, "asked");
    sum.programs.answered = count_at(programs, "answered");
    sum.programs.late = count_at(programs, "late");
    sum.programs.failures = counts_by_text_at(programs, "failures");
    sum.programs.reasons = counts_by_text_at(programs, "failure_reasons");
    sum.unmatched_fields = counts_by_text_at(summary, "unmatched_fields");
    sum.broker_limits = counts_by_text_at(summary, "broker_limits");
    sum.anomalies = counts_by_name_at(summary, "anomalies", anomaly_names);
    sum.expected_anomalies = counts_by_name_at(summary, "expected_anomalies", anomaly_names);
    sum.omitted_records = count_at(summary, "omitted_records");

    const auto generator = object_at(summary, "generator");
    run.generator = {.cpu_s = number_at(generator, "cpu_time_ms") / 1e3,
                     .rss_bytes = count_at(generator, "rss_bytes"),
                     .shards = static_cast<std::uint32_t>(count_at(generator, "shards")),
                     .ranks = static_cast<std::uint32_t>(count_at(generator, "ranks"))};
    read_machines(array_at(generator, "machines"), run.generator.machines);
    run.lag_limit = duration_at(generator, "lag_limit_ms");
    return run;
}

} // namespace loadsim::report
