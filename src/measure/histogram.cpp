// Histogram, and the table of histograms by hop, service and phase.
#include <loadsim/measure/histogram.hpp>

#include <loadsim/measure/latency.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

namespace loadsim::measure {
namespace {

// HdrHistogram's names: each power of two has `half` buckets; the first `sub` values have one bucket each.
constexpr int sub_bits = 11;
constexpr std::uint64_t sub = 1U << sub_bits; // the smallest power of two >= 2 * 10^digits
constexpr std::uint64_t half = sub / 2;

constexpr nanoseconds highest = std::chrono::microseconds{histogram::highest_us};

nanoseconds lowest_equivalent(std::size_t index) { return std::chrono::microseconds{histogram::value_at(index)}; }

double midpoint_us(std::size_t index) {
    const auto low = histogram::value_at(index);
    return static_cast<double>(low + (histogram::value_at(index + 1) - low) / 2);
}

} // namespace

/// Values are whole microseconds: the last value before the next bucket.
nanoseconds histogram::highest_equivalent(std::size_t index) {
    return std::chrono::microseconds{value_at(index + 1) - 1};
}

std::size_t histogram::index_of(std::int64_t microseconds) noexcept {
    const auto value = static_cast<std::uint64_t>(microseconds);
    const auto bucket = static_cast<std::size_t>(std::bit_width(value | (sub - 1)) - sub_bits);
    return (bucket + 1) * half + (value >> bucket) - half;
}

std::int64_t histogram::value_at(std::size_t index) noexcept {
    if (index < sub) return static_cast<std::int64_t>(index);
    return static_cast<std::int64_t>((index % half + half) << (index / half - 1));
}

void histogram::record(nanoseconds sample, std::uint64_t times) {
    if (times == 0) return; // avoids a trailing zero in counts_
    if (sample < nanoseconds{0}) negative_ += times;
    if (sample > highest) overflow_ += times;
    const auto kept = std::clamp(sample, nanoseconds{0}, highest);
    const auto at = index_of((kept.count() + 999) / 1000);
    first_ = count_ == 0 ? at : std::min(first_, at);
    if (at >= counts_.size()) counts_.resize(at + 1);
    counts_[at] += times;
    count_ += times;
}

void histogram::merge(const histogram& other) {
    if (!other.empty()) first_ = empty() ? other.first_ : std::min(first_, other.first_);
    if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
    for (std::size_t i = other.first_; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    negative_ += other.negative_;
    overflow_ += other.overflow_;
}

void histogram::clear() { *this = {}; }

/// Rank of the sample at a percentile above 0, from 1.
std::uint64_t histogram::rank_of(double p) const {
    // Next smaller double, like HdrHistogram: otherwise 99.9 * 41000 / 100 exceeds 40959 and rounds up.
    const double wanted = std::nextafter(std::min(p, 100.0), 0.0) * static_cast<double>(count_) / 100;
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(wanted)));
}

bool histogram::percentile_overflows(double p) const {
    return overflow_ != 0 && (p > 0 ? rank_of(p) : 1) > count_ - overflow_;
}

std::size_t histogram::index_of_rank(std::uint64_t rank) const {
    std::uint64_t seen = 0;
    for (std::size_t i = first_; i < counts_.size(); ++i) {
        seen += counts_[i];
        if (seen >= rank) return i;
    }
    return counts_.size() - 1;
}

nanoseconds histogram::percentile(double p) const { return p > 0 ? highest_at(rank_of(p)) : min(); }

nanoseconds histogram::lowest_at(std::uint64_t rank) const {
    return empty() ? nanoseconds{0} : lowest_equivalent(index_of_rank(rank));
}

nanoseconds histogram::highest_at(std::uint64_t rank) const {
    return empty() ? nanoseconds{0} : highest_equivalent(index_of_rank(rank));
}

nanoseconds histogram::min() const { return empty() ? nanoseconds{0} : lowest_equivalent(first_); }

nanoseconds histogram::max() const { return empty() ? nanoseconds{0} : highest_equivalent(counts_.size() - 1); }

nanoseconds histogram::mean() const {
    if (empty()) return nanoseconds{0};
    double sum = 0;
    for (std::size_t i = first_; i < counts_.size(); ++i) sum += static_cast<double>(counts_[i]) * midpoint_us(i);
    return nanoseconds{std::llround(sum / static_cast<double>(count_) * 1000)};
}

histogram histogram::from_counts(std::vector<std::uint64_t> counts, std::uint64_t negative, std::uint64_t overflow) {
    while (!counts.empty() && counts.back() == 0) counts.pop_back();
    histogram made;
    made.count_ = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    while (made.first_ < counts.size() && counts[made.first_] == 0) ++made.first_;
    made.counts_ = std::move(counts);
    made.negative_ = negative;
    made.overflow_ = overflow;
    return made;
}

void latency_table::record(const latency_key& where, nanoseconds sample) { cells_[where].record(sample); }

void latency_table::merge(const latency_table& other) {
    for (const auto& [where, samples] : other.cells_) merge(where, samples);
}

void latency_table::merge(const latency_key& where, const histogram& samples) { cells_[where].merge(samples); }

void latency_table::erase_phase(std::uint32_t phase) {
    std::erase_if(cells_, [phase](const auto& cell) { return cell.first.group.phase == phase; });
}

histogram latency_table::select(hop h, const group_selection& wanted) const {
    histogram selected;
    for (auto cell = cells_.lower_bound({h, {.condition = 0}}); cell != cells_.end(); ++cell) {
        if (cell->first.section != h) break;
        if (wanted.matches(cell->first.group)) selected.merge(cell->second);
    }
    return selected;
}

} // namespace loadsim::measure
