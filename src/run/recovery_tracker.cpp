#include "recovery_tracker.hpp"

#include <algorithm>
#include <cmath>

namespace loadsim::run {
namespace {

constexpr double recovered_fraction = 0.99; ///< fraction of the affected vehicles

bool limits_overall_e2e(const verdict::budget& b) {
    return b.metric_kind == verdict::budget::kind::latency && b.metric == "e2e" && b.stat.starts_with('p') &&
           b.service.empty() && b.phase.empty() &&
           (b.op == verdict::comparison::less || b.op == verdict::comparison::less_equal);
}

std::optional<nanoseconds> time_to_recovery(const measure::recovery_counts& counts) {
    const auto required = std::ceil(recovered_fraction * static_cast<double>(counts.affected));
    const auto recovered = static_cast<double>(counts.recovery_times.count());
    if (counts.affected == 0 || recovered < required) return std::nullopt;
    return counts.recovery_times.percentile((required - 0.5) / recovered *
                                            100); // middle of a step, so that rounding selects no other sample
}

} // namespace

recovery_tracker::recovery_tracker(const std::vector<vehicle::condition>& conditions,
                                   const std::vector<verdict::budget>& budgets, nanoseconds load_duration) {
    for (std::uint32_t c = 0; c < conditions.size(); ++c) {
        const auto& condition = conditions[c];
        for (std::uint32_t n = 0; n < vehicle::occurrence_count(condition, load_duration); ++n)
            occurrences_.push_back({condition.name, {c, n}, vehicle::start_of(condition, n)});
    }
    std::ranges::stable_sort(occurrences_, {}, &occurrence::at);
    if (const auto first = std::ranges::find_if(budgets, limits_overall_e2e); first != budgets.end()) budget_ = *first;
}

void recovery_tracker::add_interval(nanoseconds load_elapsed, const measure::totals& interval) {
    if (occurrences_.empty() || load_elapsed <= load_elapsed_) return; // still connecting
    load_elapsed_ = load_elapsed;
    if (!budget_) return;
    measure::run_result interval_result;
    interval_result.sum.latencies = interval.latencies;
    const auto evaluation = verdict::evaluate_budget(*budget_, interval_result, {}).verdict;
    if (evaluation != verdict::budget_verdict::no_data)
        budget_samples_.push_back({load_elapsed, evaluation == verdict::budget_verdict::pass});
}

void recovery_tracker::measure_latency(measure::recovery& r) const {
    const auto next = std::ranges::upper_bound(occurrences_, r.started, {}, &occurrence::at);
    const auto until = next == occurrences_.end() ? nanoseconds::max() : next->at;
    const auto from = std::ranges::upper_bound(budget_samples_, r.started, {}, &budget_sample::end);
    const auto to = std::ranges::upper_bound(budget_samples_, until, {}, &budget_sample::end);
    if (from == to) return;
    r.budget = budget_->expression;
    if (!(to - 1)->within_budget) return; // still outside
    auto outside = nanoseconds{0};
    for (auto s = from; s != to; ++s)
        if (!s->within_budget) outside = s->end - r.started;
    r.latency_recovery_time = outside;
}

std::vector<measure::recovery> recovery_tracker::results(const measure::totals& sum) const {
    std::vector<measure::recovery> all;
    for (const auto& o : occurrences_) {
        if (o.at >= load_elapsed_) break;
        measure::recovery r;
        r.condition = o.condition;
        r.occurrence = o.key.second;
        r.started = o.at;
        if (const auto found = sum.recoveries.find(o.key); found != sum.recoveries.end()) {
            r.affected = found->second.affected;
            r.recovered = found->second.recovery_times.count();
            r.recovery_time = time_to_recovery(found->second);
        }
        measure_latency(r);
        all.push_back(std::move(r));
    }
    return all;
}

} // namespace loadsim::run
