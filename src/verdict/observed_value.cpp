#include "observed_value.hpp"

#include "budget_part.hpp"
#include "telemetry_metrics.hpp"
#include "value_text.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/base/units.hpp>

#include <algorithm>
#include <numeric>

namespace loadsim::verdict {
namespace {

using metric_kind = budget::kind;
using optional_index = std::optional<std::uint32_t>;

/// Indexes of a name; nullopt (all) for an empty name. Several if two phases have the same name.
std::vector<optional_index> indexes_of(const std::string& name, const std::vector<std::string>& names) {
    if (name.empty()) return {std::nullopt};
    std::vector<optional_index> indexes;
    for (std::uint32_t i = 0; i < names.size(); ++i)
        if (names[i] == name) indexes.emplace_back(i);
    return indexes;
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

/// Absent: no external program was asked.
std::optional<double> program_value(const budget& b, const measure::program_counts& programs) {
    const auto failed = static_cast<double>(programs.failed());
    if (programs.asked == 0) return failed == 0 ? std::nullopt : std::optional(failed);
    return b.metric_kind == metric_kind::rate ? failed / static_cast<double>(programs.asked) : failed;
}

std::optional<double> cost_value(const budget& b, const measure::run_result& run) {
    if (!run.cost) return std::nullopt;
    if (b.stat == "total") return run.cost->total();
    return b.stat == "per1000requests" ? run.cost->per_1000_requests() : run.cost->per_vehicle_month();
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

measure::campaign_counts campaigns_of(const budget& b, const measure::totals& totals, const measure::labels& names) {
    measure::campaign_counts sum;
    for (const auto& [campaign, counts] : totals.campaigns)
        if (b.campaign.empty() || (campaign < names.campaigns.size() && names.campaigns[campaign] == b.campaign))
            add(sum, counts);
    return sum;
}

std::optional<double> campaign_value(const budget& b, const measure::run_result& run, const measure::labels& names) {
    const auto sum = campaigns_of(b, run.sum, names);
    if (sum.addressed == 0) return std::nullopt; // none was due
    if (b.metric_kind == metric_kind::latency_count) return static_cast<double>(sum.latency.count());
    const bool duplicates = b.metric == "campaigns.duplicates";
    if (!duplicates && is_aborted(run)) return std::nullopt;
    const auto undelivered = sum.addressed - std::min(sum.delivered, sum.addressed);
    const auto count = static_cast<double>(duplicates ? sum.duplicate_deliveries : undelivered);
    return b.metric_kind == metric_kind::rate ? count / static_cast<double>(sum.addressed) : count;
}

/// Handshakes count as in the report: of established sessions, or failed.
std::optional<double> tls_value(const budget& b, const measure::tls_counts& tls) {
    const auto completed = tls.completed();
    const auto handshakes = completed.count() + tls.failed();
    if (handshakes == 0) return std::nullopt;
    if (b.metric_kind == metric_kind::connect_count) return static_cast<double>(completed.count());
    const auto count = static_cast<double>(b.metric == "sessions.tls.failed" ? tls.failed() : tls.resumed.count());
    return b.metric_kind == metric_kind::rate ? count / static_cast<double>(handshakes) : count;
}

const measure::histogram& connect_samples(const budget& b, const measure::session_counts& sessions) {
    if (b.metric == "sessions.tcp") return sessions.tcp;
    return b.metric == "sessions.connack" ? sessions.connack : sessions.connect;
}

} // namespace

bool is_aborted(const measure::run_result& run) { return run.ended == measure::run_result::end_reason::aborted; }

std::optional<double> stat_of(const measure::histogram& samples, const budget& b) {
    if (samples.empty()) return std::nullopt;
    if (b.stat == "min") return milliseconds(samples.min());
    if (b.stat == "mean") return samples.overflow() != 0 ? beyond_any_limit : milliseconds(samples.mean());
    if (samples.percentile_overflows(b.percentile)) return beyond_any_limit;
    return milliseconds(samples.percentile(b.percentile));
}

std::optional<measure::hop> hop_of(const budget& b) { return parse_enum<measure::hop>(b.metric); }

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

measure::histogram durations_of(const budget& b, const measure::run_result& run, const measure::labels& names) {
    const auto& totals = run.sum;
    if (b.metric_kind == metric_kind::queue_wait) return totals.queued.wait;
    if (b.metric_kind == metric_kind::connect)
        return is_of_tls(b) ? totals.sessions.tls.completed() : connect_samples(b, totals.sessions);
    if (b.metric_kind != metric_kind::latency) return {};
    if (is_of_telemetry(b) || is_of_taps(b)) return telemetry_durations(b, run, names);
    return b.metric.starts_with("campaigns.") ? campaigns_of(b, totals, names).latency : samples_of(b, totals, names);
}

double value_of_requests(const budget& b, const measure::run_result& run, const measure::request_counts& requests) {
    const auto all = is_aborted(run) ? requests.ended() : requests.due;
    const auto count = static_cast<double>(count_of(b, run.sum, requests));
    return b.metric_kind == metric_kind::rate ? count / static_cast<double>(all) : count;
}

std::optional<double> observed_value(const budget& b, const measure::run_result& run, const measure::labels& names) {
    const auto& totals = run.sum;
    if (is_duration(b) && b.metric_kind != metric_kind::recovery) return stat_of(durations_of(b, run, names), b);
    if (b.metric.starts_with("campaigns.")) return campaign_value(b, run, names);
    if (b.metric.starts_with("observers.")) return observer_value(b, totals, names);
    if (b.metric == "exec.failures") return program_value(b, totals.programs);
    if (is_of_telemetry(b) || is_of_taps(b)) return telemetry_count(b, totals, names);
    if (is_of_tls(b)) return tls_value(b, totals.sessions.tls);
    if (b.metric_kind == metric_kind::connect_count)
        return static_cast<double>(connect_samples(b, totals.sessions).count());
    if (b.metric_kind == metric_kind::queue_wait_count) return static_cast<double>(totals.queued.wait.count());
    if (b.metric_kind == metric_kind::recovery) return recovery_time(b, run);
    if (b.metric_kind == metric_kind::cost) return cost_value(b, run);
    const auto requests = requests_of(b, totals, names);
    const bool of_requests = !b.metric.starts_with("sessions.") && !b.metric.starts_with("queued.");
    const auto all = is_aborted(run) ? requests.ended() : requests.due;
    if (of_requests && (all == 0 || groups_of(b, names).empty())) return std::nullopt;
    if (b.metric_kind == metric_kind::latency_count) return static_cast<double>(samples_of(b, totals, names).count());
    return value_of_requests(b, run, requests);
}

observed_base base_of(const budget& b, const measure::run_result& run, const measure::labels& names) {
    const auto& totals = run.sum;
    const std::string_view metric = b.metric;
    if (b.metric_kind == metric_kind::recovery) return {run.recoveries.size(), "occurrences"};
    if (b.metric_kind == metric_kind::cost) return {run.cost ? run.cost->requests : 0, "requests"};
    if (is_duration(b)) return {durations_of(b, run, names).count(), is_of_backlogs(b) ? "backlogs" : "samples"};
    if (b.stat == "count") return {};
    if (is_of_telemetry(b) || is_of_taps(b)) {
        const auto [count, noun] = telemetry_base_of(b, totals, names);
        return {count, noun};
    }
    if (metric.starts_with("campaigns.")) return {campaigns_of(b, totals, names).addressed, "vehicles"};
    if (is_of_tls(b)) return {totals.sessions.tls.completed().count() + totals.sessions.tls.failed(), "handshakes"};
    if (metric.starts_with("sessions.")) return {totals.sessions.connect.count(), "sessions"};
    if (metric == "exec.failures") return {totals.programs.asked, "questions"};
    if (metric.starts_with("queued.")) return {totals.queued.delivered, "queued commands"};
    const auto requests = requests_of(b, totals, names);
    return {is_aborted(run) ? requests.ended() : requests.due, "requests"};
}

measure::histogram samples_of(const budget& b, const measure::totals& totals, const measure::labels& names) {
    return samples_of(b, totals.latencies, names);
}

measure::histogram samples_of(const budget& b, const measure::latency_table& table, const measure::labels& names) {
    const auto hop = hop_of(b);
    if (!hop) return {};
    measure::histogram samples;
    for (const auto& group : groups_of(b, names)) samples.merge(table.select(*hop, group));
    return samples;
}

} // namespace loadsim::verdict
