#include <loadsim/verdict/budget.hpp>

#include "budget_part.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace loadsim::verdict {
namespace {

using kind = budget::kind;
using optional_index = std::optional<std::uint32_t>;

/// Indexes of a name; nullopt (all) for an empty name. Several if two phases have the same name.
std::vector<optional_index> indexes_of(const std::string& name, const std::vector<std::string>& names) {
    if (name.empty()) return {std::nullopt};
    std::vector<optional_index> indexes;
    for (std::uint32_t i = 0; i < names.size(); ++i)
        if (names[i] == name) indexes.emplace_back(i);
    return indexes;
}

/// A recovery that was not reached, or a duration above the highest value of a histogram.
constexpr double beyond_any_limit = std::numeric_limits<double>::infinity();

/// An open request may still become a success: it is no miss of the platform.
bool is_aborted(const measure::run_result& run) { return run.ended == measure::run_result::end_reason::aborted; }

std::optional<double> stat_of(const measure::histogram& samples, const budget& b) {
    if (samples.empty()) return std::nullopt;
    if (b.stat == "min") return milliseconds(samples.min());
    if (b.stat == "mean") return milliseconds(samples.mean());
    if (samples.percentile_overflows(b.percentile)) return beyond_any_limit;
    return milliseconds(samples.percentile(b.percentile));
}

/// Indexes of the phases of a budget; nullopt: all.
std::vector<optional_index> phases_of(const budget& b, const measure::labels& names) {
    if (b.phase.empty() && b.during.empty() && b.except.empty()) return {std::nullopt};
    std::vector<optional_index> indexes;
    for (std::uint32_t i = 0; i < names.phases.size(); ++i)
        if (covers_phase(b, names.phases[i])) indexes.emplace_back(i);
    return indexes;
}

/// The groups of requests that a budget is about; none: a label without a match.
std::vector<measure::group_selection> groups_of(const budget& b, const measure::labels& names) {
    std::vector<measure::group_selection> groups;
    for (const auto service : indexes_of(b.service, names.services))
        for (const auto segment : indexes_of(b.segment, names.segments))
            for (const auto condition : indexes_of(b.condition, names.conditions))
                for (const auto phase : phases_of(b, names)) groups.push_back({service, phase, segment, condition});
    return groups;
}

measure::request_counts requests_of(const budget& b, const measure::totals& totals, const measure::labels& names) {
    const auto groups = groups_of(b, names);
    const bool by_phase_only = b.service.empty() && b.segment.empty() && b.condition.empty();
    if (by_phase_only && groups.size() == 1 && !groups.front().phase) return totals.requests;
    measure::request_counts sum;
    for (const auto& wanted : groups) {
        if (by_phase_only) { // these have the requests in flight, too
            if (*wanted.phase < totals.phases.size()) add(sum, totals.phases[*wanted.phase]);
            continue;
        }
        for (const auto& [group, counts] : totals.groups)
            if (wanted.matches(group)) add(sum, counts);
    }
    return sum;
}

std::uint64_t anomalies_of(std::string_view metric, const measure::totals& totals) {
    for (std::size_t i = 0; i < anomaly_names.size(); ++i)
        if (metric.ends_with(anomaly_names[i])) return totals.anomalies[i];
    return std::accumulate(totals.anomalies.begin(), totals.anomalies.end(), std::uint64_t{0});
}

std::uint64_t count_of(const budget& b, const measure::totals& totals, const measure::request_counts& requests) {
    const std::string_view metric = b.metric;
    if (metric == "sessions.refused") return totals.sessions.refused;
    if (metric == "sessions.dropped") return totals.sessions.dropped;
    if (metric == "sessions.reconnects") return totals.sessions.reconnects;
    if (metric == "queued.delivered") return totals.queued.delivered;
    if (metric == "queued.out_of_order") return totals.queued.out_of_order;
    if (metric.starts_with("anomalies")) return anomalies_of(metric, totals);
    const auto end = parse_outcome(metric.substr(std::min(metric.size(), std::string_view{"outcomes."}.size())));
    return end ? requests.outcomes[static_cast<std::size_t>(*end)] : requests.unexpected;
}

/// Absent: the observers have seen nothing.
std::optional<double> observer_value(const budget& b, const measure::totals& totals, const measure::labels& names) {
    measure::observer_counts sum;
    for (const auto& [observer, counts] : totals.observers)
        if (b.observer.empty() || names.observer(observer) == b.observer) add(sum, counts);
    const auto sum_of = [](const auto& by_reason) {
        std::uint64_t all = 0;
        for (const auto& [reason, count] : by_reason) all += count;
        return all;
    };
    const auto rejections = sum_of(sum.rejections), errors = sum_of(sum.connection_errors);
    if (sum.received + sum.completions + rejections + errors == 0) return std::nullopt;
    const auto count = b.metric == "observers.completions"     ? sum.completions
                       : b.metric == "observers.disagreements" ? sum.disagreements
                       : b.metric == "observers.rejections"    ? rejections
                                                               : errors;
    return static_cast<double>(count);
}

/// Longest recovery in milliseconds; absent: none measured.
std::optional<double> recovery_time(const budget& b, const measure::run_result& run) {
    std::optional<double> longest;
    for (const auto& r : run.recoveries) {
        const bool of_vehicles = b.stat == "time"; // else of latency
        const bool measured = of_vehicles ? r.affected != 0 : !r.budget.empty();
        if (!measured || (!b.condition.empty() && b.condition != r.condition)) continue;
        const auto took = of_vehicles ? r.recovery_time : r.latency_recovery_time;
        if (!took && is_aborted(run)) continue;
        longest = std::max(longest.value_or(0), took ? milliseconds(*took) : beyond_any_limit);
    }
    return longest;
}

std::optional<double> campaign_value(const budget& b, const measure::run_result& run, const measure::labels& names) {
    measure::campaign_counts sum;
    for (const auto& [campaign, counts] : run.sum.campaigns)
        if (b.campaign.empty() || (campaign < names.campaigns.size() && names.campaigns[campaign] == b.campaign))
            add(sum, counts);
    if (sum.addressed == 0) return std::nullopt; // none was due
    if (b.metric_kind == kind::latency) return stat_of(sum.latency, b);
    if (b.metric_kind == kind::latency_count) return static_cast<double>(sum.latency.count());
    const bool duplicates = b.metric == "campaigns.duplicates";
    if (!duplicates && is_aborted(run)) return std::nullopt;
    const auto undelivered = sum.addressed - std::min(sum.delivered, sum.addressed);
    const auto count = static_cast<double>(duplicates ? sum.duplicate_deliveries : undelivered);
    return b.metric_kind == kind::rate ? count / static_cast<double>(sum.addressed) : count;
}

/// Handshakes count as in the report: of established sessions, or failed.
std::optional<double> tls_value(const budget& b, const measure::tls_counts& tls) {
    const auto completed = tls.completed();
    const auto handshakes = completed.count() + tls.failed();
    if (handshakes == 0) return std::nullopt;
    if (b.metric_kind == kind::connect) return stat_of(completed, b);
    if (b.metric_kind == kind::connect_count) return static_cast<double>(completed.count());
    const auto count = static_cast<double>(b.metric == "sessions.tls.failed" ? tls.failed() : tls.resumed.count());
    return b.metric_kind == kind::rate ? count / static_cast<double>(handshakes) : count;
}

const measure::histogram& connect_samples(const budget& b, const measure::session_counts& sessions) {
    if (b.metric == "sessions.tcp") return sessions.tcp;
    return b.metric == "sessions.connack" ? sessions.connack : sessions.connect;
}

/// Value of the metric in the unit of the limit; absent: no data.
std::optional<double> observed_value(const budget& b, const measure::run_result& run, const measure::labels& names) {
    const auto& totals = run.sum;
    if (b.metric.starts_with("campaigns.")) return campaign_value(b, run, names);
    if (b.metric.starts_with("observers.")) return observer_value(b, totals, names);
    if (is_of_tls(b)) return tls_value(b, totals.sessions.tls);
    if (b.metric_kind == kind::latency) return stat_of(samples_of(b, totals, names), b);
    if (b.metric_kind == kind::connect) return stat_of(connect_samples(b, totals.sessions), b);
    if (b.metric_kind == kind::connect_count) return static_cast<double>(connect_samples(b, totals.sessions).count());
    if (b.metric_kind == kind::queue_wait) return stat_of(totals.queued.wait, b);
    if (b.metric_kind == kind::queue_wait_count) return static_cast<double>(totals.queued.wait.count());
    if (b.metric_kind == kind::recovery) return recovery_time(b, run);
    const auto requests = requests_of(b, totals, names);
    const bool of_requests = !b.metric.starts_with("sessions.") && !b.metric.starts_with("queued.");
    const auto all = is_aborted(run) ? requests.ended() : requests.due;
    if (of_requests && (all == 0 || groups_of(b, names).empty())) return std::nullopt;
    if (b.metric_kind == kind::latency_count) return static_cast<double>(samples_of(b, totals, names).count());
    const auto count = static_cast<double>(count_of(b, totals, requests));
    return b.metric_kind == kind::rate ? count / static_cast<double>(all) : count;
}

bool satisfies(double observed, comparison op, double limit) {
    // 1 of 1000 equals 0.1 %, though the two divisions may differ in the last bit of a double.
    const bool same = observed != beyond_any_limit &&
                      std::abs(observed - limit) <= 1e-12 * std::max(std::abs(observed), std::abs(limit));
    switch (op) {
    case comparison::less: return observed < limit && !same;
    case comparison::less_equal: return observed < limit || same;
    case comparison::equal: return same;
    case comparison::greater_equal: return observed > limit || same;
    case comparison::greater: return observed > limit && !same;
    }
    return false;
}

std::string format_value(kind k, double observed) {
    switch (k) {
    case kind::rate: return fmt::format("{:.6g}%", observed * 100);
    case kind::count:
    case kind::latency_count:
    case kind::connect_count:
    case kind::queue_wait_count: return fmt::format("{:.0f}", observed);
    case kind::latency:
    case kind::connect:
    case kind::queue_wait:
    case kind::recovery: break;
    }
    auto text = fmt::format("{:.3f}", observed); // percentiles are whole microseconds
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text + "ms";
}

} // namespace

std::string_view to_string(budget_verdict f) {
    constexpr std::string_view names[] = {"pass", "fail", "no data"};
    return names[static_cast<std::size_t>(f)];
}

measure::histogram samples_of(const budget& b, const measure::totals& totals, const measure::labels& names) {
    const auto found = std::ranges::find(measure::hop_names, b.metric);
    const auto hop = static_cast<measure::hop>(found - measure::hop_names.begin());
    measure::histogram samples;
    for (const auto& group : groups_of(b, names)) samples.merge(totals.latencies.select(hop, group));
    return samples;
}

bool is_of_requests(const budget& b) {
    return std::ranges::find(measure::hop_names, b.metric) != measure::hop_names.end() || b.metric == "unexpected" ||
           b.metric.starts_with("outcomes.");
}

bool is_of_tls(const budget& b) { return b.metric.starts_with("sessions.tls"); }

bool is_within(const budget& b, double value) { return satisfies(value, b.op, b.limit); }

std::optional<budget> recovery_budget(const std::vector<budget>& all) {
    const auto found = std::ranges::find_if(all, [](const budget& b) {
        return b.metric_kind == kind::latency && b.metric == "e2e" && b.percentile > 0 && b.condition.empty() &&
               (b.op == comparison::less || b.op == comparison::less_equal);
    });
    return found == all.end() ? std::nullopt : std::optional{*found};
}

budget_result evaluate_budget(const budget& b, const measure::run_result& run, const measure::labels& names) {
    if (has_part(b)) return evaluate_part_of_run(b, run, names);
    const auto observed = observed_value(b, run, names);
    if (!observed) return {b.expression, std::nullopt, "no data", budget_verdict::no_data};
    const auto verdict = is_within(b, *observed) ? budget_verdict::pass : budget_verdict::fail;
    if (*observed == beyond_any_limit)
        return {b.expression, std::nullopt, b.metric_kind == kind::recovery ? "not in this run" : "above 366 days",
                verdict};
    return {b.expression, observed, format_value(b.metric_kind, *observed), verdict};
}

} // namespace loadsim::verdict
