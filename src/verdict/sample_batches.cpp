#include <loadsim/verdict/sample_batches.hpp>

#include <algorithm>

namespace loadsim::verdict {
namespace {

using measure::histogram;

/// Sum of squares of the deviations of some groups of samples from the share of all samples at or below a value, corrected for the
/// degree of freedom of that share.
class squared_deviations {
public:
    squared_deviations(nanoseconds value, double share) : value_(value), share_(share) {}

    void add(const histogram& group) {
        if (group.empty()) return;
        const auto below = group.count_if([this](nanoseconds sample) { return sample <= value_; });
        const auto deviation = static_cast<double>(below) - share_ * static_cast<double>(group.count());
        sum_ += deviation * deviation;
        ++groups_;
    }
    double variance() const { return groups_ < 2 ? 0 : sum_ * groups_ / (groups_ - 1); }

private:
    nanoseconds value_;
    double share_;
    double sum_ = 0;
    double groups_ = 0;
};

histogram sum_of(const std::vector<histogram>& batches) {
    histogram sum;
    for (const auto& batch : batches) sum.merge(batch);
    return sum;
}

} // namespace

void sample_batches::add(const histogram& interval) {
    open_.merge(interval);
    if (++intervals_in_open_ < intervals_per_batch_) return;
    full_.push_back(std::move(open_));
    open_.clear();
    intervals_in_open_ = 0;
    if (full_.size() < count_max) return;
    for (std::size_t i = 0; i < count_max / 2; ++i) {
        auto pair = std::move(full_[2 * i]);
        pair.merge(full_[2 * i + 1]);
        full_[i] = std::move(pair);
    }
    full_.resize(count_max / 2);
    intervals_per_batch_ *= 2;
}

std::vector<histogram> sample_batches::all() const {
    auto batches = full_;
    if (!open_.empty()) batches.push_back(open_);
    return batches;
}

rank_spread spread_of(const std::vector<std::vector<histogram>>& runs) {
    rank_spread spread;
    std::vector<histogram> sums;
    histogram all;
    for (const auto& batches : runs) {
        const auto used = std::ranges::count_if(batches, [](const histogram& batch) { return !batch.empty(); });
        if (used > 1) spread.degrees_of_freedom += static_cast<std::uint32_t>(used - 1);
        all.merge(sums.emplace_back(sum_of(batches)));
    }
    for (std::size_t i = 0; i < compared_percentiles.size() && !all.empty(); ++i) {
        const auto value = all.percentile(compared_percentiles[i]);
        const auto count = static_cast<double>(all.count());
        const auto below = all.count_if([value](nanoseconds sample) { return sample <= value; });
        const auto share = static_cast<double>(below) / count;
        const auto independent = count * share * (1 - share);
        if (independent <= 0) continue; // no sample is above the value
        squared_deviations of_batches(value, share);
        squared_deviations of_runs(value, share);
        for (const auto& batches : runs)
            for (const auto& batch : batches) of_batches.add(batch);
        for (const auto& sum : sums) of_runs.add(sum);
        spread.inflation[i] = std::max({1.0, of_batches.variance() / independent, of_runs.variance() / independent});
    }
    return spread;
}

} // namespace loadsim::verdict
