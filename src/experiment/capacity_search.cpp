#include <loadsim/experiment/capacity_search.hpp>

#include "searched_budgets.hpp"
#include "step_judge.hpp"

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace loadsim::experiment {
namespace {

constexpr std::uint32_t late_repetitions_max = 2;
constexpr std::size_t late_halvings_max = 3; ///< of a first load that the generator does not make
constexpr double unchanged = 0.95;           ///< of the value at four times the load: less load does not help

/// Whole vehicles; rates with three digits, as a person would write them, or as many as the precision takes.
double rounded_load(load_metric metric, double load, double precision) {
    if (metric == load_metric::vehicles) return std::round(load);
    const auto digits = precision >= 0.02 ? 3 : 6;
    const auto unit = std::pow(10, std::floor(std::log10(load)) + 1 - digits);
    // By division: 566 * 0.1 is not the double nearest to 56.6.
    return unit < 1 ? std::round(load / unit) / std::round(1 / unit) : std::round(load / unit) * unit;
}

nanoseconds rounded_up_to_seconds(double seconds) { return std::chrono::seconds(std::llround(std::ceil(seconds))); }

/// A search holds the samples of all its steps: not the records, too.
void drop_records(measure::totals& sum) {
    sum.request_records = {};
    sum.slowest_requests = {};
    sum.anomaly_records = {};
    sum.session_records = {};
    sum.telemetry_findings = {};
}

problems option_errors(const capacity_options& o) {
    problems errors;
    const auto is_positive = [](double value) { return std::isfinite(value) && value > 0; };
    if (!is_positive(o.start)) errors.add("--start", "the first load must be above 0");
    if (!is_positive(o.at_most) || o.at_most < o.start)
        errors.add("--at-most", fmt::format("the highest load is below the first one, {}: give a higher one, or a "
                                            "lower --start",
                                            load_text(o.metric, o.start)));
    if (o.at_least && (!is_positive(*o.at_least) || *o.at_least > o.at_most))
        errors.add("--at-least", fmt::format("the load that must hold is not between 0 and the highest one, {}: give a "
                                             "higher --at-most",
                                             load_text(o.metric, o.at_most)));
    if (!(o.precision >= 0.001 && o.precision <= 1))
        errors.add("--precision", "the precision must be between 0.1% and 100%");
    if (o.step_at_least > o.step_at_most)
        errors.add("--step-at-most",
                   fmt::format("the longest step is shorter than {}, the shortest", format_duration(o.step_at_least)));
    if (o.metric == load_metric::vehicles && o.start != std::floor(o.start))
        errors.add("--start", "vehicles are a whole number");
    return errors;
}

constexpr double reserve = 1.1; // requests that end in another way than the budget counts

problems budget_errors(load_metric metric, const std::vector<verdict::budget>& judged,
                       const std::vector<unjudged_budget>& others) {
    if (std::ranges::any_of(judged, [](const auto& b) { return !is_default(b); })) return {};
    std::string left_out;
    for (const auto& one : others) left_out += fmt::format("; {} is not judged: {}", one.expression, one.reason);
    return {"budgets",
            fmt::format("a capacity search needs a budget besides those that hold by default: add "
                        "one, such as {}{}",
                        metric == load_metric::connect_rate ? "sessions.connect.p99 < 1s" : "e2e.p99 < 1s", left_out)};
}

} // namespace

loadsim::result<capacity_search> capacity_search::plan(capacity_options options, std::vector<verdict::budget> budgets,
                                                       measure::labels labels) {
    auto errors = option_errors(options);
    errors.add(part_errors(budgets));
    capacity_search search;
    const bool has_rates = options.sample_rates.size() == budgets.size();
    for (std::size_t i = 0; i < budgets.size(); ++i) {
        if (auto reason = reason_not_judged(options.metric, budgets[i]); !reason.empty()) {
            search.unjudged_.push_back({budgets[i].expression, std::move(reason)});
            continue;
        }
        search.sample_rates_.push_back(has_rates ? options.sample_rates[i] : sample_rate{});
        search.budgets_.push_back(std::move(budgets[i]));
    }
    errors.add(budget_errors(options.metric, search.budgets_, search.unjudged_));
    if (!errors.empty()) return errors;
    search.options_ = std::move(options);
    search.labels_ = std::move(labels);
    const auto first = search.options_.start;
    if (const auto why = search.too_few_samples(first); !why.empty()) return problems{"budgets", why};
    if (const auto length = search.options_.warm_up + search.measured_time_for(first);
        length > search.options_.total_at_most)
        return problems{"--total-at-most",
                        fmt::format("the first step takes {}, longer than the whole search may: give a longer time, or "
                                    "a higher --start",
                                    format_duration(length))};
    search.propose(first, "first load");
    return search;
}

nanoseconds capacity_search::measured_time_for(double load) const {
    auto longest = options_.step_at_least;
    for (std::size_t i = 0; i < budgets_.size(); ++i) {
        const auto needed = samples_needed(budgets_[i]);
        if (needed <= 1) continue;
        const auto per_second = sample_rates_[i].fixed + sample_rates_[i].for_load * load;
        longest = std::max(longest, duration_for(static_cast<double>(needed) * reserve, {per_second}));
    }
    return rounded_up_to_seconds(seconds(longest));
}

std::string capacity_search::too_few_samples(double load) const {
    for (std::size_t i = 0; i < budgets_.size(); ++i) {
        const auto per_second = sample_rates_[i].fixed + sample_rates_[i].for_load * load;
        const auto& b = budgets_[i];
        const auto needed = samples_needed(b);
        if (needed > 1 && per_second <= 0)
            return fmt::format("{} gets no samples at {}: remove the budget", b.expression,
                               load_text(options_.metric, load));
        if (needed <= 1 || measured_time_for(load) <= options_.step_at_most) continue;
        const auto alone = rounded_up_to_seconds(static_cast<double>(needed) * reserve / per_second);
        if (alone <= options_.step_at_most) continue; // another one takes longer
        return fmt::format("{} needs {} samples, which take {} at {}; a step takes {} at most: give --step-at-most {}, "
                           "a higher --start, or {}",
                           b.expression, needed, format_duration(alone), load_text(options_.metric, load),
                           format_duration(options_.step_at_most), format_duration(alone),
                           has_interval(b) ? "a lower percentile" : "a higher limit");
    }
    return {};
}

void capacity_search::propose(double load, std::string why) {
    if (const auto sentence = too_few_samples(load); !sentence.empty()) {
        finish(search_end::too_few_samples, sentence);
        return;
    }
    tried_.push_back({.load = load, .why = why});
    repeat(tried_.back(), std::move(why));
    if (!next_) tried_.pop_back(); // there is no time for it
}

void capacity_search::repeat(const tried_load& tried, std::string why) {
    const auto number = static_cast<std::uint32_t>(tried.repetitions.size()) + tried.late_repetitions + 1;
    planned_step step{tried.load, options_.warm_up, measured_time_for(tried.load), number, std::move(why)};
    if (const auto length = step.warm_up + step.measured; used_ + length > options_.total_at_most) {
        finish(search_end::out_of_time,
               fmt::format("the next step, {} at {}, would end after --total-at-most {}: give a longer time, or a "
                           "--precision above {}",
                           format_duration(length), load_text(options_.metric, tried.load),
                           format_duration(options_.total_at_most), format_fraction({options_.precision})));
        return;
    }
    next_ = std::move(step);
}

void capacity_search::finish(search_end end, std::string sentence) {
    next_.reset();
    end_ = end;
    sentence_ = std::move(sentence);
}

void capacity_search::stop(std::string reason) {
    if (next_) finish(search_end::stopped, std::move(reason));
}

void capacity_search::add(step_measurement one) {
    if (!next_) return;
    next_.reset();
    used_ += one.step.warm_up + one.measured;
    drop_records(one.sum);
    auto& tried = tried_.back();
    if (one.stopped) {
        if (one.measured.count() > 0) tried.repetitions.push_back(std::move(one));
        judge(tried);
        tried.judged.end = step_end::stopped;
        finish(search_end::stopped, "the search was stopped");
        return;
    }
    if (auto reason = generator_limit_of(one, budgets_, labels_); !reason.empty()) {
        ++tried.late_repetitions;
        tried.late_reason = std::move(reason);
        tried.late = std::move(one);
    } else {
        tried.repetitions.push_back(std::move(one));
    }
    judge(tried);
    plan_next();
}

void capacity_search::judge(tried_load& tried) const {
    const bool is_late = tried.repetitions.empty();
    const auto& judged = is_late ? std::vector{tried.late} : tried.repetitions;
    if (is_late && tried.late_repetitions == 0) return; // stopped before anything was measured
    tried.judged = judge_repetitions(judged, options_.repetitions_max, budgets_, labels_);
    if (!is_late && tried.late_repetitions < late_repetitions_max) return;
    tried.judged.end = tried.late_repetitions < late_repetitions_max ? step_end::unclear : step_end::generator_limit;
    tried.judged.reason = fmt::format("the generator was the limit: {}", tried.late_reason);
}

void capacity_search::plan_next() {
    const auto& tried = tried_.back();
    const auto at = load_text(options_.metric, tried.load);
    switch (tried.judged.end) {
    case step_end::unclear: repeat(tried, tried.judged.reason); return;
    case step_end::generator_limit: plan_with_late_generator(tried); return;
    case step_end::no_data:
        finish(search_end::no_data, fmt::format("{} at {}: remove the budget, or let the load have what it is about",
                                                tried.judged.reason, at));
        return;
    case step_end::stopped: return;
    case step_end::holds:
    case step_end::broken: break;
    }
    const auto* low = highest_holding();
    const auto* high = lowest_broken();
    if (!high)
        plan_above(low->load);
    else if (!low)
        plan_below(*high);
    else
        plan_between(low->load, high->load);
}

void capacity_search::plan_with_late_generator(const tried_load& late) {
    const auto less = rounded_load(options_.metric, late.load / 2, options_.precision);
    const bool has_result = highest_holding() || lowest_broken();
    if (!has_result && tried_.size() <= late_halvings_max && less > 0 && less < late.load)
        propose(less, "half of the load: the generator was the limit");
    else
        finish(search_end::generator_limit,
               fmt::format("{}, at {}: give the generator a larger machine, or more threads (--shards)",
                           late.judged.reason, load_text(options_.metric, late.load)));
}

void capacity_search::plan_above(double low) {
    const auto late = std::ranges::find_if(
        tried_, [low](const auto& one) { return one.judged.end == step_end::generator_limit && one.load <= 2 * low; });
    if (late != tried_.end())
        plan_with_late_generator(*late);
    else if (low >= options_.at_most)
        finish(search_end::highest_load,
               fmt::format("all budgets hold at {}, the highest load: give a higher --at-most",
                           load_text(options_.metric, low)));
    else
        propose(std::min(2 * low, options_.at_most), "twice the load");
}

void capacity_search::plan_below(const tried_load& lowest) {
    const auto& decisive = lowest.judged.budgets[*lowest.judged.decisive];
    const auto next = rounded_load(options_.metric, lowest.load / 2, options_.precision);
    const bool is_least = tried_.size() > halvings_max || next <= 0 || next >= lowest.load;
    if (!is_least && !is_independent_of_load()) {
        propose(next, "half of the load");
        return;
    }
    finish(search_end::no_load_holds,
           fmt::format("no load meets {}: {} at {}{}; give a higher limit", decisive.expression, decisive.observed_text,
                       load_text(options_.metric, lowest.load),
                       is_least ? "" : ", as at twice and four times the load"));
}

bool capacity_search::is_independent_of_load() const {
    if (tried_.size() < 3) return false;
    const auto are_broken = std::all_of(tried_.end() - 3, tried_.end(),
                                        [](const tried_load& one) { return one.judged.end == step_end::broken; });
    if (!are_broken) return false;
    const auto& lowest = tried_.back().judged;
    const auto& highest = tried_[tried_.size() - 3].judged;
    const auto i = *lowest.decisive;
    const auto at_low = lowest.budgets[i].observed, at_high = highest.budgets[i].observed;
    if (!at_low || !at_high) return false;
    return is_lower_limit(budgets_[i]) ? *at_high >= unchanged * *at_low : *at_low >= unchanged * *at_high;
}

void capacity_search::plan_between(double low, double high) {
    const bool is_next_vehicle = options_.metric == load_metric::vehicles && high - low <= 1;
    const auto text = [&](double load) { return load_text(options_.metric, load); };
    if (const auto wanted = options_.at_least; wanted && *wanted > low && *wanted < high) {
        propose(*wanted, "the load of --at-least");
        return;
    }
    if (is_next_vehicle || high <= low * (1 + options_.precision)) {
        finish(search_end::found, fmt::format("the bounds are within {}", format_fraction({options_.precision})));
        return;
    }
    const auto middle = std::sqrt(low * high);
    const auto rounded = rounded_load(options_.metric, middle, options_.precision);
    propose(rounded > low && rounded < high ? rounded : middle,
            fmt::format("between {} and {}", text(low), text(high)));
}

const capacity_search::tried_load* capacity_search::highest_holding() const {
    const tried_load* highest = nullptr;
    for (const auto& one : tried_)
        if (one.judged.end == step_end::holds && (!highest || one.load > highest->load)) highest = &one;
    return highest;
}

const capacity_search::tried_load* capacity_search::lowest_broken() const {
    const tried_load* lowest = nullptr;
    for (const auto& one : tried_)
        if (one.judged.end == step_end::broken && (!lowest || one.load < lowest->load)) lowest = &one;
    return lowest;
}

capacity_result capacity_search::result() const {
    capacity_result r{.metric = options_.metric,
                      .at_least = options_.at_least,
                      .precision = options_.precision,
                      .end = next_ ? search_end::stopped : end_,
                      .sentence = next_ ? "the search has not ended" : sentence_,
                      .unjudged = unjudged_,
                      .measured = used_};
    const auto* low = highest_holding();
    const auto* high = lowest_broken();
    if (low) r.highest_holding = low->load;
    if (high) {
        r.lowest_broken = high->load;
        r.first_broken = high->judged.budgets[*high->judged.decisive];
    }
    r.is_floor = low && !high;
    for (std::size_t i = 0; i < tried_.size(); ++i) {
        const auto& one = tried_[i];
        if (one.judged.repetitions == 0) continue; // not measured
        auto step = one.judged;
        step.number = static_cast<std::uint32_t>(i + 1);
        step.load = one.load;
        step.why = one.why;
        r.steps.push_back(std::move(step));
    }
    std::ranges::sort(r.steps, {}, &step_result::load);
    r.curve = curve_of(r.metric, r.steps);
    r.knee = knee_of(curve_points(r));
    return r;
}

} // namespace loadsim::experiment
