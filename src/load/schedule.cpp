#include <loadsim/load/schedule.hpp>

#include "ramp.hpp"

#include <loadsim/base/random.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace loadsim::load {
namespace {

/// Tolerance for whole numbers of arrivals: covers double rounding and rates with few decimals.
constexpr double whole_tolerance = 1e-6;

ramp ramp_of(const phase& p) {
    if (p.pause) return {0, 0, p.duration};
    if (p.arrival_count) {
        const bool at_once = p.duration.count() == 0;
        const double constant = at_once ? 0 : static_cast<double>(*p.arrival_count) / seconds(p.duration);
        return {constant, constant, p.duration};
    }
    return {p.arrival_rate.per_second, p.ramp_to.value_or(p.arrival_rate).per_second, p.duration};
}

struct arrival_split {
    std::uint64_t whole;
    double fraction;
};

arrival_split arrivals_of(const phase& p, double carried) {
    // Not by the area: N / T * T may differ from N.
    if (p.arrival_count && !p.pause) return {*p.arrival_count, carried};
    const double total = carried + ramp_of(p).area();
    if (const double nearest = std::round(total); std::abs(total - nearest) <= whole_tolerance)
        return {static_cast<std::uint64_t>(nearest), 0};
    const double whole = std::floor(total);
    return {static_cast<std::uint64_t>(whole), total - whole};
}

} // namespace

schedule::schedule(std::vector<phase> phases, spacing s, std::uint64_t seed)
    : phases_(std::move(phases)), first_arrival_{0}, start_{nanoseconds{0}}, carried_fraction_{0}, spacing_(s),
      seed_(seed) {
    for (const auto& p : phases_) {
        const auto [whole, rest] = arrivals_of(p, carried_fraction_.back());
        first_arrival_.push_back(first_arrival_.back() + whole);
        start_.push_back(start_.back() + p.duration);
        carried_fraction_.push_back(rest);
    }
}

std::uint64_t schedule::size() const noexcept { return first_arrival_.back(); }
std::uint64_t schedule::size(std::size_t phase) const {
    return first_arrival_.at(phase + 1) - first_arrival_.at(phase);
}
nanoseconds schedule::duration() const noexcept { return start_.back(); }
nanoseconds schedule::phase_start(std::size_t phase) const { return start_.at(phase); }
std::span<const phase> schedule::phases() const noexcept { return phases_; }

std::size_t schedule::phase_at(nanoseconds since_start) const {
    const auto after = std::upper_bound(start_.begin(), start_.end(), since_start);
    const auto started = static_cast<std::size_t>(after - start_.begin()); // phases + 1 after the end
    return std::clamp<std::size_t>(started, 1, std::max<std::size_t>(phases_.size(), 1)) - 1;
}

/// Area of all rates before a time. Arrivals that are due at once, at the end of the load too, count from their due time on.
double schedule::area_until(nanoseconds since_start) const {
    double area = 0;
    for (std::size_t i = 0; i < phases_.size() && (start_[i] < since_start || since_start >= duration()); ++i) {
        const auto& p = phases_[i];
        if (p.duration.count() == 0)
            area += static_cast<double>(size(i));
        else
            area += ramp_of(p).area_until(std::min(since_start - start_[i], p.duration));
    }
    return area;
}

rate schedule::average_rate(nanoseconds from, nanoseconds until) const {
    return rate{until <= from ? 0 : (area_until(until) - area_until(from)) / seconds(until - from)};
}

schedule::cursor::cursor(const schedule& source) : schedule_(&source) {}

std::optional<arrival> schedule::cursor::next() {
    if (next_ == schedule_->size()) return std::nullopt;
    while (next_ == schedule_->first_arrival_[phase_ + 1]) {
        ++phase_;
        remaining_fraction_ = 1;
    }
    const auto before = next_ - schedule_->first_arrival_[phase_];
    const auto rates = ramp_of(schedule_->phases_[phase_]);

    double area = static_cast<double>(before + 1) - schedule_->carried_fraction_[phase_];
    if (schedule_->spacing_ == spacing::poisson) {
        // Of m remaining points, the first lies beyond a fraction s of the remaining area with probability s^m. Stored as the
        // fraction beyond, not before: it shrinks by factors, so rounding never moves a point back.
        const auto left = static_cast<double>(schedule_->size(phase_) - before);
        const double drawn = random_unit(schedule_->seed_, stream_id::arrival_gap, phase_, before);
        remaining_fraction_ *= std::exp(std::log1p(-drawn) / left);
        area = rates.area() * (1 - remaining_fraction_);
    }
    // Of two points closer than double precision, the later may round to an earlier nanosecond.
    last_due_ = std::max(last_due_, schedule_->start_[phase_] + rates.offset_at(area));
    return arrival{arrival_id{next_++}, last_due_, static_cast<std::uint32_t>(phase_)};
}

} // namespace loadsim::load
