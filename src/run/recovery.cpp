#include "recovery.hpp"

#include <algorithm>
#include <cmath>

namespace loadsim::run {
namespace {

constexpr double enough = 0.99; ///< of the affected

bool limits_all_e2e(const verdict::budget& b) {
    return b.figure_kind == verdict::budget::kind::latency && b.figure == "e2e" && b.stat.starts_with('p') &&
           b.service.empty() && b.phase.empty() &&
           (b.op == verdict::comparison::less || b.op == verdict::comparison::less_equal);
}

std::optional<nanoseconds> until_back(const measure::recovery_counts& counts) {
    const auto wanted = std::ceil(enough * static_cast<double>(counts.affected));
    const auto back = static_cast<double>(counts.back.count());
    if (counts.affected == 0 || back < wanted) return std::nullopt;
    return counts.back.percentile((wanted - 0.5) / back *
                                  100); // the middle of a step: no last bit takes another sample
}

} // namespace

recoveries::recoveries(const std::vector<vehicle::condition>& conditions, const std::vector<verdict::budget>& budgets,
                       nanoseconds load) {
    for (std::uint32_t c = 0; c < conditions.size(); ++c) {
        const auto& one = conditions[c];
        for (std::uint32_t n = 0; n < vehicle::occurrences(one, load); ++n)
            occurrences_.push_back({one.name, {c, n}, vehicle::beginning(one, n)});
    }
    std::ranges::stable_sort(occurrences_, {}, &occurrence::at);
    if (const auto first = std::ranges::find_if(budgets, limits_all_e2e); first != budgets.end()) budget_ = *first;
}

void recoveries::take(nanoseconds load_elapsed, const measure::totals& interval) {
    if (occurrences_.empty() || load_elapsed <= reached_) return; // while it connects, nothing has been reached
    reached_ = load_elapsed;
    if (!budget_) return;
    measure::run_facts alone;
    alone.sum.latencies = interval.latencies;
    const auto judged = verdict::judge(*budget_, alone, {}).verdict;
    if (judged != verdict::finding::no_data) seconds_.push_back({load_elapsed, judged == verdict::finding::pass});
}

void recoveries::measure_latency(measure::recovery& r) const {
    const auto next = std::ranges::upper_bound(occurrences_, r.at, {}, &occurrence::at);
    const auto until = next == occurrences_.end() ? nanoseconds::max() : next->at;
    const auto from = std::ranges::upper_bound(seconds_, r.at, {}, &second::end);
    const auto to = std::ranges::upper_bound(seconds_, until, {}, &second::end);
    if (from == to) return;
    r.budget = budget_->expression;
    if (!(to - 1)->within) return; // still outside
    auto outside = nanoseconds{0};
    for (auto s = from; s != to; ++s)
        if (!s->within) outside = s->end - r.at;
    r.until_latency = outside;
}

std::vector<measure::recovery> recoveries::made(const measure::totals& sum) const {
    std::vector<measure::recovery> all;
    for (const auto& o : occurrences_) {
        if (o.at >= reached_) break;
        measure::recovery r;
        r.condition = o.condition;
        r.occurrence = o.key.second;
        r.at = o.at;
        if (const auto seen = sum.recoveries.find(o.key); seen != sum.recoveries.end()) {
            r.affected = seen->second.affected;
            r.back = seen->second.back.count();
            r.until_back = until_back(seen->second);
        }
        measure_latency(r);
        all.push_back(std::move(r));
    }
    return all;
}

} // namespace loadsim::run
