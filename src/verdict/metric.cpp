#include "metric.hpp"

#include "telemetry_metrics.hpp"

#include <loadsim/base/spelling.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace loadsim::verdict {
namespace {

using name_list = std::vector<std::string_view>;

bool contains(std::string_view name, const auto& list) {
    return std::ranges::find(list, name) != std::ranges::end(list);
}

struct path {
    std::string_view head;
    std::string_view rest; ///< after the first dot; empty when there is none
};

path split(std::string_view name) {
    const auto dot = name.find('.');
    return {name.substr(0, dot), dot == name.npos ? std::string_view{} : name.substr(dot + 1)};
}

/// "99.9" and "999" of p99.9 and p999.
std::optional<double> parse_percentile(std::string_view digits) {
    double value{};
    const auto end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, value, std::chars_format::fixed);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    // Only percentiles that begin with 9 may omit the decimal point: p125 is ambiguous.
    const bool short_form = digits.find('.') == digits.npos && digits.size() > 2 && digits.front() == '9';
    double scale = 1; // a single division: 9999 / 100 is the double 99.99, 9999 / 10 / 10 may differ
    for (auto n = digits.size(); short_form && n > 2; --n) scale *= 10;
    value /= scale;
    if (!(value >= 0 && value <= 100)) return std::nullopt;
    return value;
}

/// `others`: what the metric has besides statistics, for suggestions.
result<budget> latency_metric(std::string_view metric, std::string_view stat, budget::kind latency, budget::kind count,
                              const name_list& others = {}) {
    name_list stats{"min", "mean", "max", "count", "p50", "p90", "p95", "p99", "p999"};
    if (stat.empty())
        return parse_error(fmt::format("{} needs a statistic, such as {}.p99 or {}.max", metric, metric, metric));
    budget b;
    b.metric = metric;
    b.stat = stat;
    b.metric_kind = stat == "count" ? count : latency;
    if (stat == "max") b.percentile = 100;
    if (stat == "min" || stat == "mean" || stat == "max" || stat == "count") return b;
    if (stat.front() == 'p' && stat.size() > 1 && stat.find_first_not_of("0123456789.", 1) == stat.npos) {
        const auto percentile = parse_percentile(stat.substr(1));
        if (!percentile)
            return parse_error(
                fmt::format("'{}' is not a percentile; write one from p0 to p100, such as p99 or p99.9", stat));
        b.percentile = *percentile;
        return b;
    }
    stats.insert(stats.end(), others.begin(), others.end());
    return parse_error(unknown_name("statistic", stat, stats));
}

result<budget> count_or_rate(std::string_view metric, std::string_view stat) {
    if (!stat.empty() && stat != "rate")
        return parse_error(unknown_name("statistic of " + std::string(metric), stat, name_list{"rate"}));
    budget b;
    b.metric = metric;
    b.stat = stat;
    b.metric_kind = stat.empty() ? budget::kind::count : budget::kind::rate;
    return b;
}

result<budget> plain_count(std::string_view metric) { return count_or_rate(metric, {}); }

result<budget> session_metric(std::string_view name, std::string_view rest) {
    constexpr auto latency = budget::kind::connect, count = budget::kind::connect_count;
    const name_list connect_parts{"connect", "tcp", "connack"};
    const name_list counts{"refused", "dropped", "reconnects"};
    const name_list tls_counts{"resumed", "failed"};
    const auto [what, stat] = split(rest);
    if (what.empty()) return parse_error("sessions needs the name of a metric, such as sessions.dropped");
    if (contains(what, connect_parts)) return latency_metric(fmt::format("sessions.{}", what), stat, latency, count);
    if (what == "tls") {
        const auto [tls_count, tls_stat] = split(stat);
        if (contains(tls_count, tls_counts)) return count_or_rate(fmt::format("sessions.tls.{}", tls_count), tls_stat);
        return latency_metric("sessions.tls", stat, latency, count, tls_counts);
    }
    if (contains(rest, counts)) return plain_count(name);
    name_list all(counts);
    all.insert(all.end(), connect_parts.begin(), connect_parts.end());
    all.push_back("tls");
    return parse_error(unknown_name("metric of sessions", contains(what, counts) ? rest : what, all));
}

/// Without a statistic: the largest.
result<budget> backlog_metric(std::string_view rest) {
    constexpr std::string_view metric = "telemetry.backlog.drained";
    const auto [what, stat] = split(rest);
    if (what != "drained") return parse_error(unknown_name("metric of telemetry.backlog", what, name_list{"drained"}));
    if (!stat.empty()) return latency_metric(metric, stat, budget::kind::latency, budget::kind::latency_count);
    budget b;
    b.metric = metric;
    b.metric_kind = budget::kind::latency;
    b.percentile = 100;
    return b;
}

/// `durations`: metrics that need a statistic; all others are counts.
result<budget> telemetry_metric(std::string_view head, std::string_view rest, const name_list& durations,
                                name_list counts) {
    const auto [what, stat] = split(rest);
    if (what.empty()) return parse_error(fmt::format("{} needs the name of a metric, such as {}.lost", head, head));
    if (contains(what, durations))
        return latency_metric(fmt::format("{}.{}", head, what), stat, budget::kind::latency,
                              budget::kind::latency_count);
    if (head == "telemetry" && what == "backlog") return backlog_metric(stat);
    if (contains(rest, counts)) return plain_count(fmt::format("{}.{}", head, rest));
    const bool has_statistic = contains(what, counts);
    counts.insert(counts.end(), durations.begin(), durations.end());
    if (head == "telemetry") counts.push_back("backlog.drained");
    return parse_error(unknown_name(fmt::format("metric of {}", head), has_statistic ? rest : what, counts));
}

} // namespace

result<budget> parse_metric(std::string_view name) {
    if (name.ends_with('.')) return parse_error(fmt::format("'{}' ends in a dot; write a name after it", name));
    const auto [head, rest] = split(name);
    if (contains(head, measure::hop_names))
        return latency_metric(head, rest, budget::kind::latency, budget::kind::latency_count);
    if (head == "unexpected") return count_or_rate(head, rest);
    if (head == "outcomes") {
        const auto [outcome, stat] = split(rest);
        if (outcome.empty()) return parse_error("outcomes needs the name of an outcome, such as outcomes.errored");
        if (!parse_outcome(outcome)) return parse_error(unknown_name("outcome", outcome, outcome_names));
        return count_or_rate(name.substr(0, head.size() + 1 + outcome.size()), stat);
    }
    if (head == "sessions") return session_metric(name, rest);
    if (head == "queued") {
        const auto [what, stat] = split(rest);
        if (what == "wait")
            return latency_metric("queued.wait", stat, budget::kind::queue_wait, budget::kind::queue_wait_count);
        const name_list counts{"delivered", "out_of_order", "wait"};
        if (rest.empty()) return parse_error("queued needs the name of a metric, such as queued.wait.p99");
        if (!contains(rest, counts)) return parse_error(unknown_name("metric of queued", rest, counts));
        return plain_count(name);
    }
    if (head == "recovery") {
        const name_list both{"time", "latency"};
        if (rest.empty()) return parse_error("recovery needs the name of a metric: recovery.time or recovery.latency");
        if (!contains(rest, both)) return parse_error(unknown_name("metric of recovery", rest, both));
        budget b;
        b.metric = head;
        b.stat = rest;
        b.metric_kind = budget::kind::recovery;
        return b;
    }
    if (head == "campaigns") {
        const auto [what, stat] = split(rest);
        if (what == "latency")
            return latency_metric("campaigns.latency", stat, budget::kind::latency, budget::kind::latency_count);
        const name_list metrics{"undelivered", "duplicates", "latency"};
        if (rest.empty()) return parse_error("campaigns needs the name of a metric, such as campaigns.undelivered");
        if (!contains(what, metrics)) return parse_error(unknown_name("metric of campaigns", what, metrics));
        return count_or_rate(name.substr(0, head.size() + 1 + what.size()), stat);
    }
    if (head == "anomalies") {
        if (!rest.empty() && !contains(rest, anomaly_names))
            return parse_error(unknown_name("anomaly", rest, anomaly_names));
        return plain_count(rest.empty() ? head : name);
    }
    if (head == "observers") {
        const name_list counts{"completions", "disagreements", "rejections", "connection_errors"};
        if (rest.empty()) return parse_error("observers needs the name of a metric, such as observers.rejections");
        if (!contains(rest, counts)) return parse_error(unknown_name("metric of observers", rest, counts));
        return plain_count(name);
    }
    if (head == "cost") {
        const name_list figures{"total", "per1000requests", "perVehicleMonth"};
        if (rest.empty()) return parse_error("cost needs the name of a figure, such as cost.per1000requests");
        if (!contains(rest, figures)) return parse_error(unknown_name("figure of cost", rest, figures));
        budget b;
        b.metric = head;
        b.stat = rest;
        b.metric_kind = budget::kind::cost;
        return b;
    }
    if (head == "telemetry") return telemetry_metric(head, rest, {"publish", "lag"}, telemetry_count_names());
    if (head == "tap") return telemetry_metric(head, rest, {"bridge", "deliver"}, tap_count_names());
    name_list heads(measure::hop_names.begin(), measure::hop_names.end());
    heads.insert(heads.end(), {"unexpected", "outcomes", "sessions", "queued", "recovery", "campaigns", "anomalies",
                               "observers", "telemetry", "tap", "cost"});
    return parse_error(unknown_name("metric", head, heads));
}

} // namespace loadsim::verdict
