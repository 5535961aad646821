#include "recovery_tracker.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace loadsim::run {
namespace {

constexpr double recovered_fraction = 0.99; ///< fraction of the affected vehicles
/// Samples above the percentile that a span of seconds needs for it to be stable: 1,000 samples for a p99.
constexpr double samples_above = 10;
constexpr double max_span_samples = 1000;

std::optional<nanoseconds> time_to_recovery(const measure::recovery_counts& counts) {
    const auto required = std::ceil(recovered_fraction * static_cast<double>(counts.affected));
    const auto recovered = static_cast<double>(counts.recovery_times.count());
    if (counts.affected == 0 || recovered < required) return std::nullopt;
    return counts.recovery_times.percentile((required - 0.5) / recovered *
                                            100); // middle of a step, so that rounding selects no other sample
}

/// Instant at which the last condition window of the occurrence has ended and its last vehicle is back; max: some are not.
nanoseconds end_of_disruption(const vehicle::condition& condition, nanoseconds start,
                              const measure::recovery_counts* counts) {
    const auto end = start + vehicle::longest_span(condition);
    if (counts == nullptr) return end;
    if (counts->recovery_times.count() < counts->affected) return nanoseconds::max();
    return std::max(end, start + counts->recovery_times.max());
}

} // namespace

recovery_tracker::recovery_tracker(const std::vector<vehicle::condition>& conditions,
                                   std::optional<verdict::budget> budget, measure::labels labels,
                                   nanoseconds load_duration)
    : labels_(std::move(labels)), budget_(std::move(budget)) {
    for (std::uint32_t c = 0; c < conditions.size(); ++c) {
        const auto& condition = conditions[c];
        for (std::uint32_t n = 0; n < vehicle::occurrence_count(condition, load_duration); ++n)
            occurrences_.push_back({condition, {c, n}, vehicle::start_of(condition, n)});
    }
    std::ranges::stable_sort(occurrences_, {}, &occurrence::at);
}

void recovery_tracker::add_interval(nanoseconds load_elapsed, const measure::totals& interval,
                                    std::uint64_t over_limit) {
    if (occurrences_.empty() || load_elapsed <= load_elapsed_) return; // still connecting
    load_elapsed_ = load_elapsed;
    if (!budget_) return;
    const auto samples = verdict::samples_of(*budget_, interval, labels_);
    auto sum = seconds_.empty() ? request_count{} : seconds_.back().sum;
    sum.all += samples.count();
    sum.outside += samples.count_if([&](nanoseconds d) { return !verdict::is_within(*budget_, milliseconds(d)); });
    seconds_.push_back({load_elapsed, sum, over_limit});
}

/// Slow and lossy links and spikes make no vehicle unreachable, so that there is no count of those that they affected.
bool recovery_tracker::affected_vehicles(const occurrence& o, const measure::totals& sum) const {
    using kind = vehicle::condition::kind;
    const auto type = o.condition.type;
    if (type == kind::slow || type == kind::lossy || type == kind::spike) return true;
    const auto found = sum.recoveries.find(o.key);
    return found != sum.recoveries.end() && found->second.affected != 0;
}

nanoseconds recovery_tracker::end_of_search(const occurrence& o, const measure::totals& sum) const {
    auto next = std::ranges::upper_bound(occurrences_, o.at, {}, &occurrence::at);
    while (next != occurrences_.end() && !affected_vehicles(*next, sum)) ++next;
    return next == occurrences_.end() ? nanoseconds::max() : next->at;
}

recovery_tracker::request_count recovery_tracker::requests_of(iterator from, iterator to) const {
    if (from == to) return {};
    const auto before = from == seconds_.begin() ? request_count{} : (from - 1)->sum;
    const auto& last = *(to - 1);
    return {last.sum.all - before.all + last.over_limit, last.sum.outside - before.outside + last.over_limit};
}

recovery_tracker::request_count recovery_tracker::sample_span_from(iterator from, iterator to) const {
    const auto above = std::max(1 - budget_->percentile / 100, samples_above / max_span_samples);
    const auto enough = static_cast<std::uint64_t>(std::ceil(samples_above / above));
    const auto before = from == seconds_.begin() ? 0 : (from - 1)->sum.all;
    const auto last =
        std::lower_bound(from, to, before + enough, [](const second& s, std::uint64_t n) { return s.sum.all < n; });
    return requests_of(from, last == to ? to : last + 1);
}

bool recovery_tracker::holds(request_count requests) const {
    const auto permitted = static_cast<double>(requests.all) * (1 - budget_->percentile / 100);
    return requests.all != 0 &&
           static_cast<double>(requests.outside) <= permitted + 1e-6; // tolerance for rounding of the product
}

bool recovery_tracker::is_outside_budget(iterator at, iterator to) const {
    // Three standard deviations of a binomial distribution, and one request: a single one may be chance.
    const auto by_more_than_chance = [this](request_count requests) {
        const auto within = budget_->percentile / 100;
        const auto permitted = static_cast<double>(requests.all) * (1 - within);
        return static_cast<double>(requests.outside) > 1 + permitted + 3 * std::sqrt(permitted * within);
    };
    const auto own = requests_of(at, at + 1);
    const bool nothing_completed = at->over_limit != 0 && own.all == at->over_limit;
    return nothing_completed || by_more_than_chance(own) || by_more_than_chance(sample_span_from(at, to));
}

void recovery_tracker::measure_latency(const occurrence& o, const measure::totals& sum, measure::recovery& r) const {
    const auto begin_of = [&](nanoseconds t) { return std::ranges::upper_bound(seconds_, t, {}, &second::end); };
    const auto from = begin_of(o.at);
    const auto to = begin_of(end_of_search(o, sum));
    const auto measured = [this](iterator s) { return requests_of(s, s + 1).all != 0; };
    auto first = from;
    while (first != to && !measured(first)) ++first;
    if (first == to) return;
    r.budget = budget_->expression;

    const auto counts = sum.recoveries.find(o.key);
    const auto disrupted_until =
        end_of_disruption(o.condition, o.at, counts == sum.recoveries.end() ? nullptr : &counts->second);
    auto back = from; // no second before it is outside the budget
    for (auto s = from; s != to && (s == from || s == back || (s - 1)->end <= disrupted_until); ++s)
        if (is_outside_budget(s, to)) back = s + 1;
    if (back == from) {
        r.latency_recovery_time = nanoseconds{0};
        return;
    }
    while (back != to && !holds(sample_span_from(back, to))) ++back;
    if (back != to) r.latency_recovery_time = (back - 1)->end - o.at;
}

std::vector<std::uint32_t> recovery_tracker::conditions_between(nanoseconds from, nanoseconds until,
                                                                nanoseconds load_end) const {
    std::set<std::uint32_t> active;
    for (const auto& o : occurrences_) {
        if (o.at >= std::min(until, load_end)) break;
        if (o.at >= from || o.at + vehicle::longest_span(o.condition) > from) active.insert(o.key.first);
    }
    return {active.begin(), active.end()};
}

std::vector<measure::recovery> recovery_tracker::results(const measure::totals& sum) const {
    std::vector<measure::recovery> all;
    for (const auto& o : occurrences_) {
        const auto found = sum.recoveries.find(o.key);
        if (o.at >= load_elapsed_ && found == sum.recoveries.end()) continue;
        measure::recovery r;
        r.condition = o.condition.name;
        r.occurrence = o.key.second;
        r.started = o.at;
        if (found != sum.recoveries.end()) {
            r.affected = found->second.affected;
            r.recovered = found->second.recovery_times.count();
            r.recovery_time = time_to_recovery(found->second);
        }
        if (budget_) measure_latency(o, sum, r);
        all.push_back(std::move(r));
    }
    return all;
}

} // namespace loadsim::run
