// Latency histogram.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstdint>
#include <vector>

namespace loadsim::measure {

/// Distribution of durations with a relative error below 0.1 % (three significant digits), 1 us to 366 days, the longest
/// load (scenario/check.hpp).
///
/// Shape:   HdrHistogram's layout (lowest 1, 3 digits); the counts grow up to the largest value seen.
/// Units:   nanoseconds in; kept in microseconds, rounded up, so that a value is never below its sample.
/// Errors:  nothing is dropped: a negative sample counts as 0 and in negative(); one above the highest value counts as
///          that and in overflow().
/// Threads: one writer. Use one histogram per thread and merge().
/// Source:  HdrHistogram (Java), bucket layout; the tests compare with logs and values of other implementations.
class histogram {
public:
    static constexpr std::int64_t lowest_us = 1;
    static constexpr std::int64_t highest_us = std::int64_t{366} * 24 * 3'600'000'000;
    static constexpr int digits = 3;
    /// Number of buckets of this layout. The last bucket ends a little above the highest value.
    static constexpr std::size_t index_count = 36'864;

    void record(nanoseconds sample, std::uint64_t times = 1);
    void merge(const histogram& other);
    void clear();

    std::uint64_t count() const noexcept { return count_; }
    std::uint64_t negative() const noexcept { return negative_; }
    std::uint64_t overflow() const noexcept { return overflow_; }
    bool empty() const noexcept { return count_ == 0; }
    /// Samples for which `matches(highest value equivalent to the sample)`.
    template <class Predicate>
    std::uint64_t count_if(Predicate matches) const {
        std::uint64_t count = 0;
        for (std::size_t i = first_; i < counts_.size(); ++i)
            if (counts_[i] != 0 && matches(highest_equivalent(i))) count += counts_[i];
        return count;
    }

    /// Largest value equivalent to the value at this percentile (clamped to 0..100), as HdrHistogram defines it: at least
    /// ceil(p/100 * count) samples are not above the result. Percentile 0 is min(). 0 when empty.
    nanoseconds percentile(double p) const;
    /// Lowest and highest value equivalent to the sample of this rank, from 1 (smallest) to count(). 0 when empty.
    nanoseconds lowest_at(std::uint64_t rank) const;
    nanoseconds highest_at(std::uint64_t rank) const;
    bool percentile_overflows(double p) const; ///< the sample at this percentile is above the highest value
    nanoseconds min() const;                   ///< lowest equivalent value of the smallest bucket in use; 0 when empty
    nanoseconds max() const;                   ///< highest equivalent value of the largest bucket in use; 0 when empty
    nanoseconds mean() const;                  ///< of the bucket midpoints; 0 when empty

    /// Counts by index without trailing zeros, as encoded in the log.
    const std::vector<std::uint64_t>& counts() const noexcept { return counts_; }
    /// Histogram of at most index_count counts. A log does not contain negative() and overflow(); the caller may supply
    /// them from another source.
    static histogram from_counts(std::vector<std::uint64_t> counts, std::uint64_t negative = 0,
                                 std::uint64_t overflow = 0);

    static std::size_t index_of(std::int64_t microseconds) noexcept; ///< of 0 or more; 1000000 -> 11169
    static std::int64_t value_at(std::size_t index) noexcept;        ///< lowest value of that bucket, us

    friend bool operator==(const histogram&, const histogram&) = default;

private:
    static nanoseconds highest_equivalent(std::size_t index);
    std::uint64_t rank_of(double p) const;
    std::size_t index_of_rank(std::uint64_t rank) const; ///< not empty

    std::vector<std::uint64_t> counts_; // never ends in a zero
    std::size_t first_ = 0;             // index of the first count that is no zero; 0 when empty
    std::uint64_t count_ = 0;
    std::uint64_t negative_ = 0;
    std::uint64_t overflow_ = 0;
};

} // namespace loadsim::measure
