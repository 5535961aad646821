#include "step_judge.hpp"

#include "searched_budgets.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/measure/quantile_interval.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace loadsim::experiment {
namespace {

using verdict::budget_result;
using verdict::budget_verdict;

enum class budget_state { held, missed, unclear, undecided, no_data };

struct judged_budget {
    budget_result result;
    budget_state state{};
    bool as_observed = false;
    std::string unclear_because{}; ///< part of a sentence
};

double excess_of(const budget_result& r) {
    if (!r.observed) return 0;
    return r.limit == 0 ? std::abs(*r.observed) : std::abs(*r.observed - r.limit) / std::abs(r.limit);
}

/// The lag of the generator decides an undecided budget only because the figure is next to the limit: it is a small part of it. With a
/// generator that is really late the figure from begun misses the limit, too, or is far below it.
bool is_next_to_limit(const verdict::budget& b, const budget_result& r) {
    constexpr double small_lag = 0.05; // of the limit
    return r.verdict == budget_verdict::undecided && r.observed && r.observed_from_begun &&
           verdict::is_within(b, *r.observed_from_begun) &&
           *r.observed - *r.observed_from_begun <= small_lag * std::abs(r.limit);
}

/// A miss that another repetition of the same load would hardly turn into a pass.
bool is_clear_miss(const budget_result& r) {
    constexpr double few_events = 10;
    if (!r.observed || std::isinf(*r.observed)) return true;
    const auto excess = std::abs(*r.observed - r.limit);
    if (r.unit == "count") return excess >= few_events && excess > 0.01 * static_cast<double>(r.samples);
    if (r.unit == "fraction" && excess * static_cast<double>(r.samples) < few_events) return false;
    return excess_of(r) >= capacity_search::small_margin;
}

judged_budget judge_percentile(const verdict::budget& b, const measure::totals& pooled, std::size_t repetitions,
                               bool is_last, const measure::labels& names) {
    judged_budget made{.result = verdict::evaluate_part(b, pooled, names)};
    const auto& r = made.result;
    if (r.verdict == budget_verdict::no_data) {
        made.state = budget_state::no_data;
    } else if (r.verdict == budget_verdict::undecided && !is_next_to_limit(b, r)) {
        made.state = budget_state::undecided;
    } else if (!r.carried || r.close || r.verdict == budget_verdict::undecided) {
        made.as_observed = is_last;
        made.state = !is_last                            ? budget_state::unclear
                     : r.verdict == budget_verdict::pass ? budget_state::held
                                                         : budget_state::missed;
        made.unclear_because = r.carried ? fmt::format("the limit is within the interval of {}", r.expression)
                                         : fmt::format("{} samples do not carry {}", r.samples, r.metric);
    } else if (r.verdict == budget_verdict::pass) {
        made.state = budget_state::held;
    } else if (repetitions == 1 && !is_last && !is_clear_miss(r)) {
        made.state = budget_state::unclear;
        made.unclear_because = fmt::format("{} is missed by little: it is confirmed", r.expression);
    } else {
        made.state = budget_state::missed;
    }
    return made;
}

/// By the majority of the repetitions; a tie of all that are allowed is a miss.
judged_budget judge_figure(const verdict::budget& b, const std::vector<step_measurement>& repetitions, bool is_last,
                           const measure::labels& names) {
    std::optional<budget_result> held, missed;
    std::size_t misses = 0;
    for (const auto& one : repetitions) {
        auto r = verdict::evaluate_part(b, one.sum, names);
        if (r.verdict == budget_verdict::no_data) return {.result = std::move(r), .state = budget_state::no_data};
        if (r.verdict == budget_verdict::undecided && !is_next_to_limit(b, r))
            return {.result = std::move(r), .state = budget_state::undecided};
        auto& same = r.verdict == budget_verdict::pass ? held : missed;
        misses += r.verdict != budget_verdict::pass;
        if (!same || verdict::is_worse(b, r, *same)) same = std::move(r);
    }
    const auto count = repetitions.size();
    if (misses == 0) return {.result = *std::move(held), .state = budget_state::held};
    const bool is_alone = count == 1 && !is_last && !is_clear_miss(*missed);
    if (misses * 2 > count && !is_alone) return {.result = *std::move(missed), .state = budget_state::missed};
    if (!is_last)
        return {.result = *missed,
                .state = budget_state::unclear,
                .unclear_because = is_alone ? fmt::format("{} is missed by little: it is confirmed", missed->expression)
                                            : fmt::format("{} holds in {} of {} repetitions", missed->expression,
                                                          count - misses, count)};
    if (misses * 2 == count) return {.result = *std::move(missed), .state = budget_state::missed, .as_observed = true};
    return {.result = *std::move(held), .state = budget_state::held, .as_observed = true};
}

void decide(step_result& step, const std::vector<judged_budget>& judged) {
    const auto of_state = [&](budget_state state) { return std::ranges::find(judged, state, &judged_budget::state); };
    const judged_budget* worst = nullptr;
    for (const auto& one : judged)
        if (one.state == budget_state::missed && (!worst || excess_of(one.result) > excess_of(worst->result)))
            worst = &one;
    if (worst) {
        step.end = step_end::broken;
        step.as_observed = worst->as_observed;
        step.decisive = static_cast<std::size_t>(worst - judged.data());
        step.reason = worst->result.sentence;
        return;
    }
    if (const auto late = of_state(budget_state::undecided); late != judged.end()) {
        step.end = step_end::generator_limit;
        step.reason = late->result.sentence;
        return;
    }
    if (const auto empty = of_state(budget_state::no_data); empty != judged.end()) {
        step.end = step_end::no_data;
        step.decisive = static_cast<std::size_t>(empty - judged.begin());
        step.reason = fmt::format("{} has no data", empty->result.expression);
        return;
    }
    if (const auto unclear = of_state(budget_state::unclear); unclear != judged.end()) {
        step.end = step_end::unclear;
        step.reason = unclear->unclear_because;
        return;
    }
    step.end = step_end::holds;
    step.as_observed = std::ranges::any_of(judged, &judged_budget::as_observed);
    if (step.as_observed) step.reason = std::ranges::find_if(judged, &judged_budget::as_observed)->unclear_because;
}

void add_latency(step_result& step, std::string_view name, measure::histogram samples) {
    if (!samples.empty()) step.latencies.push_back({std::string(name), std::move(samples)});
}

void add_latencies(step_result& step, const measure::totals& sum) {
    for (std::size_t i = 0; i < measure::hop_names.size(); ++i)
        add_latency(step, measure::hop_names[i], sum.latencies.select(static_cast<measure::hop>(i)));
    measure::histogram publish;
    for (const auto& [group, counts] : sum.telemetry) publish.merge(counts.publish);
    add_latency(step, "telemetry.publish", publish);
    add_latency(step, "sessions.connect", sum.sessions.connect);
    add_latency(step, "sessions.tcp", sum.sessions.tcp);
    add_latency(step, "sessions.tls", sum.sessions.tls.completed());
    add_latency(step, "sessions.connack", sum.sessions.connack);
}

std::optional<nanoseconds> p99_of_generator(const measure::histogram& samples) {
    return samples.empty() ? std::nullopt : std::optional{samples.percentile(99)};
}

} // namespace

std::string generator_limit_of(const step_measurement& one, const std::vector<verdict::budget>& budgets,
                               const measure::labels& names) {
    if (!one.generator_limit.empty()) return one.generator_limit;
    const auto lag = one.sum.latencies.select(measure::hop::lag);
    for (const auto& [name, samples] : {std::pair{"lag", &lag}, std::pair{"loop delay", &one.sum.loop_delay}})
        if (const auto p99 = p99_of_generator(*samples); p99 && one.lag_limit.count() != 0 && *p99 > one.lag_limit)
            return fmt::format("p99 of its {} was {}, above load.lagLimit of {}", name, format_duration(*p99),
                               format_duration(one.lag_limit));
    std::string undecided;
    for (const auto& b : budgets) {
        const auto r = verdict::evaluate_part(b, one.sum, names);
        if (r.verdict == budget_verdict::fail) return {}; // certainly the platform's
        if (r.verdict == budget_verdict::undecided && undecided.empty() && !is_next_to_limit(b, r))
            undecided = fmt::format("its own lateness could have decided {}", r.expression);
    }
    return undecided;
}

step_result judge_repetitions(const std::vector<step_measurement>& repetitions, std::uint32_t repetitions_max,
                              const std::vector<verdict::budget>& budgets, const measure::labels& names) {
    step_result step;
    measure::totals pooled;
    double achieved = 0;
    for (const auto& one : repetitions) {
        pooled.add(one.sum);
        step.measured += one.measured;
        achieved += one.achieved;
    }
    const auto count = repetitions.size();
    const bool is_last = count >= repetitions_max;
    step.repetitions = static_cast<std::uint32_t>(count);
    step.achieved = achieved / static_cast<double>(count);
    std::vector<judged_budget> judged;
    for (const auto& b : budgets) {
        judged.push_back(has_interval(b) ? judge_percentile(b, pooled, count, is_last, names)
                                         : judge_figure(b, repetitions, is_last, names));
        step.budgets.push_back(judged.back().result);
    }
    decide(step, judged);
    add_latencies(step, pooled);
    step.requests = pooled.requests;
    step.connects = pooled.sessions.connected;
    step.connects_refused = pooled.sessions.refused;
    step.lag_p99 = p99_of_generator(pooled.latencies.select(measure::hop::lag));
    step.loop_delay_p99 = p99_of_generator(pooled.loop_delay);
    return step;
}

} // namespace loadsim::experiment
