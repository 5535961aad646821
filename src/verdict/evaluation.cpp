#include <loadsim/verdict/budget.hpp>

#include "budget_part.hpp"
#include "budget_sentence.hpp"
#include "observed_value.hpp"
#include "telemetry_metrics.hpp"
#include "value_text.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/measure/quantile_interval.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace loadsim::verdict {
namespace {

using kind = budget::kind;

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
    if (r.verdict == budget_verdict::fail && is_of_telemetry(b)) r.sentence += telemetry_reason_text(b, run.sum, names);
    return r;
}

} // namespace loadsim::verdict
