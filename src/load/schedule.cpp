#include <loadsim/load/schedule.hpp>

#include "ramp.hpp"

#include <loadsim/base/draw.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace loadsim::load {
namespace {

/// What a double's rounding, or a rate written with a few decimals, may miss a whole number of arrivals by.
constexpr double near_whole = 1e-6;

ramp ramp_of(const phase& p) {
    if (p.pause) return {0, 0, p.duration};
    if (p.arrival_count) {
        const bool at_once = p.duration.count() == 0;
        const double constant = at_once ? 0 : static_cast<double>(*p.arrival_count) / seconds(p.duration);
        return {constant, constant, p.duration};
    }
    return {p.arrival_rate.per_second, p.ramp_to.value_or(p.arrival_rate).per_second, p.duration};
}

struct split {
    std::uint64_t whole;
    double rest;
};

split arrivals_of(const phase& p, double carried) {
    // Not by the area: N / T * T need not be N.
    if (p.arrival_count && !p.pause) return {*p.arrival_count, carried};
    const double total = carried + ramp_of(p).area();
    if (const double nearest = std::round(total); std::abs(total - nearest) <= near_whole)
        return {static_cast<std::uint64_t>(nearest), 0};
    const double whole = std::floor(total);
    return {static_cast<std::uint64_t>(whole), total - whole};
}

} // namespace

schedule::schedule(std::vector<phase> phases, spacing s, std::uint64_t seed)
    : phases_(std::move(phases)), first_{0}, start_{nanoseconds{0}}, carried_{0}, spacing_(s), seed_(seed) {
    for (const auto& p : phases_) {
        const auto [whole, rest] = arrivals_of(p, carried_.back());
        first_.push_back(first_.back() + whole);
        start_.push_back(start_.back() + p.duration);
        carried_.push_back(rest);
    }
}

std::uint64_t schedule::size() const noexcept { return first_.back(); }
std::uint64_t schedule::size(std::size_t phase) const { return first_.at(phase + 1) - first_.at(phase); }
nanoseconds schedule::duration() const noexcept { return start_.back(); }
nanoseconds schedule::phase_start(std::size_t phase) const { return start_.at(phase); }
std::span<const phase> schedule::phases() const noexcept { return phases_; }

std::size_t schedule::phase_at(nanoseconds since_start) const {
    const auto after = std::upper_bound(start_.begin(), start_.end(), since_start);
    const auto started = static_cast<std::size_t>(after - start_.begin()); // one too many after the end
    return std::clamp<std::size_t>(started, 1, std::max<std::size_t>(phases_.size(), 1)) - 1;
}

rate schedule::asked(nanoseconds since_start) const {
    if (since_start < nanoseconds{0} || since_start >= duration()) return rate{0};
    const auto i = phase_at(since_start);
    return rate{ramp_of(phases_[i]).at(since_start - start_[i])};
}

schedule::cursor::cursor(const schedule& plan) : plan_(&plan) {}

std::optional<arrival> schedule::cursor::next() {
    if (next_ == plan_->size()) return std::nullopt;
    while (next_ == plan_->first_[phase_ + 1]) {
        ++phase_;
        beyond_ = 1;
    }
    const auto before = next_ - plan_->first_[phase_];
    const auto line = ramp_of(plan_->phases_[phase_]);

    double area = static_cast<double>(before + 1) - plan_->carried_[phase_];
    if (plan_->spacing_ == spacing::poisson) {
        // Of m points left, the first is beyond a share s of what is left with probability s^m. Kept as the share
        // beyond, not the share before: it shrinks by factors, so that rounding can never move a point back.
        const auto left = static_cast<double>(plan_->size(phase_) - before);
        const double drawn = draw_unit(plan_->seed_, stream::arrival_gap, phase_, before);
        beyond_ *= std::exp(std::log1p(-drawn) / left);
        area = line.area() * (1 - beyond_);
    }
    // Of two points nearer than a double can tell, the later may round to the nanosecond before.
    last_ = std::max(last_, plan_->start_[phase_] + line.when(area));
    return arrival{arrival_id{next_++}, last_, static_cast<std::uint32_t>(phase_)};
}

} // namespace loadsim::load
