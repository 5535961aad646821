#include <loadsim/verdict/budget.hpp>

#include "budget_part.hpp"
#include "budget_sentence.hpp"
#include "telemetry_metrics.hpp"
#include "value_text.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/measure/quantile_interval.hpp>

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
    if (b.stat == "mean") return samples.overflow() != 0 ? beyond_any_limit : milliseconds(samples.mean());
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
    if (b.metric_kind == kind::connect_count) return static_cast<double>(completed.count());
    const auto count = static_cast<double>(b.metric == "sessions.tls.failed" ? tls.failed() : tls.resumed.count());
    return b.metric_kind == kind::rate ? count / static_cast<double>(handshakes) : count;
}

const measure::histogram& connect_samples(const budget& b, const measure::session_counts& sessions) {
    if (b.metric == "sessions.tcp") return sessions.tcp;
    return b.metric == "sessions.connack" ? sessions.connack : sessions.connect;
}

/// Samples of a metric that is a statistic of durations; of another metric: none.
measure::histogram durations_of(const budget& b, const measure::run_result& run, const measure::labels& names) {
    const auto& totals = run.sum;
    if (b.metric_kind == kind::queue_wait) return totals.queued.wait;
    if (b.metric_kind == kind::connect)
        return is_of_tls(b) ? totals.sessions.tls.completed() : connect_samples(b, totals.sessions);
    if (b.metric_kind != kind::latency) return {};
    if (is_of_telemetry(b) || is_of_taps(b)) return telemetry_durations(b, run, names);
    return b.metric.starts_with("campaigns.") ? campaigns_of(b, totals, names).latency : samples_of(b, totals, names);
}

/// Of `unexpected` and `outcomes`.
double value_of_requests(const budget& b, const measure::run_result& run, const measure::request_counts& requests) {
    const auto all = is_aborted(run) ? requests.ended() : requests.due;
    const auto count = static_cast<double>(count_of(b, run.sum, requests));
    return b.metric_kind == kind::rate ? count / static_cast<double>(all) : count;
}

std::optional<double> cost_value(const budget& b, const measure::run_result& run) {
    if (!run.cost) return std::nullopt;
    if (b.stat == "total") return run.cost->total();
    return b.stat == "per1000requests" ? run.cost->per_1000_requests() : run.cost->per_vehicle_month();
}

/// Value of the metric in the unit of the limit; absent: no data.
std::optional<double> observed_value(const budget& b, const measure::run_result& run, const measure::labels& names) {
    const auto& totals = run.sum;
    if (is_duration(b) && b.metric_kind != kind::recovery) return stat_of(durations_of(b, run, names), b);
    if (b.metric.starts_with("campaigns.")) return campaign_value(b, run, names);
    if (b.metric.starts_with("observers.")) return observer_value(b, totals, names);
    if (is_of_telemetry(b) || is_of_taps(b)) return telemetry_count(b, totals, names);
    if (is_of_tls(b)) return tls_value(b, totals.sessions.tls);
    if (b.metric_kind == kind::connect_count) return static_cast<double>(connect_samples(b, totals.sessions).count());
    if (b.metric_kind == kind::queue_wait_count) return static_cast<double>(totals.queued.wait.count());
    if (b.metric_kind == kind::recovery) return recovery_time(b, run);
    if (b.metric_kind == kind::cost) return cost_value(b, run);
    const auto requests = requests_of(b, totals, names);
    const bool of_requests = !b.metric.starts_with("sessions.") && !b.metric.starts_with("queued.");
    const auto all = is_aborted(run) ? requests.ended() : requests.due;
    if (of_requests && (all == 0 || groups_of(b, names).empty())) return std::nullopt;
    if (b.metric_kind == kind::latency_count) return static_cast<double>(samples_of(b, totals, names).count());
    return value_of_requests(b, run, requests);
}

/// Requests that were skipped because of the load generator's lateness and decide a budget of requests that is not met: without them
/// it holds. 0: they do not.
std::uint64_t deciding_late_skips(const budget& b, const measure::run_result& run, const measure::labels& names) {
    if (!is_of_requests(b) || (b.metric_kind != kind::count && b.metric_kind != kind::rate)) return 0;
    auto others = requests_of(b, run.sum, names);
    const auto late = others.skipped_late;
    others.due -= std::min(others.due, late);
    auto& skipped = others.outcomes[static_cast<std::size_t>(outcome::skipped)];
    skipped -= std::min(skipped, late);
    others.unexpected -= std::min(others.unexpected, others.unexpected_late);
    const bool has_others = (is_aborted(run) ? others.ended() : others.due) != 0;
    return !has_others || is_within(b, value_of_requests(b, run, others)) ? late : 0;
}

/// Hop of a latency budget; absent: of another metric.
std::optional<measure::hop> hop_of(const budget& b) { return parse_enum<measure::hop>(b.metric); }

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

/// "0.0035 USD".
std::string amount_text(const budget& b, double observed, const std::optional<measure::run_cost>& cost) {
    return fmt::format("{}{}", value_text(b, observed), cost ? " " + cost->currency : "");
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
    case kind::recovery:
    case kind::cost: break;
    }
    auto text = fmt::format("{:.3f}", observed); // percentiles are whole microseconds
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text + "ms";
}

bool is_upper_limit(const budget& b) { return b.op == comparison::less || b.op == comparison::less_equal; }

bool is_percentile(const budget& b) {
    return is_duration(b) && b.stat.starts_with('p') && b.percentile > 0 && b.percentile < 100;
}

bool is_close(const budget& b, const measure::quantile_interval& interval) {
    return milliseconds(interval.low) <= b.limit && b.limit <= milliseconds(interval.high);
}

/// `strict`: a limit within the interval is not met. False without samples.
bool is_met(const budget& b, const measure::histogram& samples, bool strict) {
    const auto value = stat_of(samples, b);
    if (!value || !is_within(b, *value)) return false;
    const auto interval = strict && is_percentile(b) ? measure::interval_of(samples, b.percentile) : std::nullopt;
    return !interval || !is_close(b, *interval);
}

/// Largest p99 of the load generator's own lateness, as a fraction of the limit, that does not put a missed budget in doubt.
constexpr double max_lateness = 0.25;

generator_lateness lateness_of(const budget& b, const measure::run_result& run, const measure::labels& names) {
    generator_lateness own;
    const auto p99 = [](const measure::histogram& samples) {
        return samples.empty() ? std::nullopt : std::optional{milliseconds(samples.percentile(99))};
    };
    if (hop_of(b)) {
        auto lag = b;
        lag.metric = to_string(measure::hop::lag);
        own.lag_p99 = p99(samples_of(lag, run.sum, names));
    }
    if (is_of_telemetry(b) && !is_of_backlogs(b)) own.lag_p99 = p99(telemetry_lag(b, run.sum, names));
    if (is_of_telemetry(b) || is_of_taps(b)) own.lag_of = "messages";
    own.loop_delay_p99 = p99(run.sum.loop_delay);
    return own;
}

/// The rule of evaluate_budget(), for a budget that is not met. `from_begun`: empty for a metric that does not count from due.
bool could_be_generators(const budget& b, const measure::histogram& from_begun, const generator_lateness& own,
                         bool strict) {
    const bool has_rule = b.metric_kind == kind::latency || b.metric_kind == kind::queue_wait;
    if (!has_rule || !is_upper_limit(b)) return false;
    const auto hop = hop_of(b);
    if (hop == measure::hop::lag || b.metric == "telemetry.lag") return true;
    if (hop && measure::is_counted_from_due(*hop) && (from_begun.empty() || is_met(b, from_begun, strict))) return true;
    const auto most = max_lateness * b.limit;
    return own.lag_p99.value_or(0) > most || own.loop_delay_p99.value_or(0) > most;
}

/// What a value was observed in: a number and its noun.
struct observed_base {
    std::uint64_t count = 0;
    std::string_view noun; ///< empty: the value is itself the number of samples
};

observed_base base_of(const budget& b, const measure::run_result& run, const measure::labels& names) {
    const auto& totals = run.sum;
    const std::string_view metric = b.metric;
    if (b.metric_kind == kind::recovery) return {run.recoveries.size(), "occurrences"};
    if (b.metric_kind == kind::cost) return {run.cost ? run.cost->requests : 0, "requests"};
    if (is_duration(b)) return {durations_of(b, run, names).count(), is_of_backlogs(b) ? "backlogs" : "samples"};
    if (b.stat == "count") return {};
    if (is_of_telemetry(b) || is_of_taps(b)) {
        const auto [count, noun] = telemetry_base_of(b, totals, names);
        return {count, noun};
    }
    if (metric.starts_with("campaigns.")) return {campaigns_of(b, totals, names).addressed, "vehicles"};
    if (is_of_tls(b)) return {totals.sessions.tls.completed().count() + totals.sessions.tls.failed(), "handshakes"};
    if (metric.starts_with("sessions.")) return {totals.sessions.connect.count(), "sessions"};
    if (metric.starts_with("queued.")) return {totals.queued.delivered, "queued commands"};
    const auto requests = requests_of(b, totals, names);
    return {is_aborted(run) ? requests.ended() : requests.due, "requests"};
}

std::string_view unit_of(const budget& b) {
    if (is_duration(b)) return "ms";
    if (b.metric_kind == kind::cost) return "currency";
    return b.metric_kind == kind::rate ? "fraction" : "count";
}

std::string_view operator_text(comparison op) {
    constexpr std::string_view texts[] = {"<", "<=", "==", ">=", ">"};
    return texts[static_cast<std::size_t>(op)];
}

/// Text between the braces of a normalised expression.
std::string labels_text(const std::string& expression) {
    const auto open = expression.find('{');
    if (open == std::string::npos) return {};
    return expression.substr(open + 1, expression.find('}', open) - open - 1);
}

} // namespace

std::string_view to_string(budget_verdict f) {
    constexpr std::string_view names[] = {"pass", "fail", "no data", "undecided"};
    return names[static_cast<std::size_t>(f)];
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

bool is_of_requests(const budget& b) {
    return std::ranges::find(measure::hop_names, b.metric) != measure::hop_names.end() || b.metric == "unexpected" ||
           b.metric.starts_with("outcomes.");
}

bool is_of_tls(const budget& b) { return b.metric.starts_with("sessions.tls"); }

bool is_within(const budget& b, double value) { return satisfies(value, b.op, b.limit); }

std::optional<budget> recovery_budget(const std::vector<budget>& all) {
    const auto found = std::ranges::find_if(all, [](const budget& b) {
        return b.metric_kind == kind::latency && b.metric == "e2e" && b.percentile > 0 && b.condition.empty() &&
               is_upper_limit(b);
    });
    return found == all.end() ? std::nullopt : std::optional{*found};
}

std::string interval_text(const budget_result& r) {
    if (!r.interval_low || !r.interval_high) return {};
    return fmt::format("95 % interval {} to {}", short_duration_beside(*r.interval_low, r.limit),
                       short_duration_beside(*r.interval_high, r.limit));
}

budget_result evaluate_budget(const budget& b, const measure::run_result& run, const measure::labels& names,
                              bool strict) {
    if (has_part(b)) return evaluate_part_of_run(b, run, names, strict);
    budget_result r;
    r.expression = b.expression;
    r.metric = b.stat.empty() ? b.metric : fmt::format("{}.{}", b.metric, b.stat);
    r.labels = labels_text(b.expression);
    r.op = operator_text(b.op);
    r.limit = b.limit;
    r.unit = unit_of(b);
    const auto base = base_of(b, run, names);
    r.samples = base.count;
    const auto samples = durations_of(b, run, names);
    const auto observed = observed_value(b, run, names);
    if (is_percentile(b) && observed) {
        const auto interval = measure::interval_of(samples, b.percentile);
        r.carried = interval.has_value();
        if (interval) {
            r.interval_low = milliseconds(interval->low);
            r.interval_high = milliseconds(interval->high);
            r.close = is_close(b, *interval);
        }
    }
    const bool exceeds_all = observed == beyond_any_limit;
    if (!exceeds_all) r.observed = observed;
    r.observed_text = !observed                                              ? "no data"
                      : b.metric_kind == kind::cost                          ? amount_text(b, *observed, run.cost)
                      : !exceeds_all                                         ? format_value(b.metric_kind, *observed)
                      : b.metric_kind == kind::recovery || is_of_backlogs(b) ? "not in this run"
                                                                             : "above 366 days";
    generator_lateness own;
    if (!observed || (strict && !r.carried)) {
        r.verdict = budget_verdict::no_data;
    } else if (is_within(b, *observed) && !(strict && r.close)) {
        r.verdict = budget_verdict::pass;
    } else {
        const auto from_begun = samples_of(b, run.sum.latencies_from_begun, names);
        own = lateness_of(b, run, names);
        if (b.metric_kind == kind::latency && is_upper_limit(b)) r.observed_from_begun = stat_of(from_begun, b);
        if (r.observed_from_begun == beyond_any_limit) r.observed_from_begun.reset();
        own.late_skips = deciding_late_skips(b, run, names);
        const bool undecided = own.late_skips != 0 || could_be_generators(b, from_begun, own, strict);
        r.verdict = undecided ? budget_verdict::undecided : budget_verdict::fail;
    }
    if (b.stat == "count" && observed) r.samples = static_cast<std::uint64_t>(*observed);
    r.sentence = sentence_of(b, r, base.noun, own);
    return r;
}

} // namespace loadsim::verdict
