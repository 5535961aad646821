#include <loadsim/telemetry/progress_schedule.hpp>

#include <loadsim/base/units.hpp>

namespace loadsim::telemetry {
namespace {

constexpr nanoseconds load_max = std::chrono::hours{400 * 24};

double period_in_steps(const std::optional<nanoseconds>& period, double speed) {
    return period ? static_cast<double>(period->count()) * progress_schedule::steps_per_ns / speed : 0;
}

} // namespace

progress_schedule::progress_schedule(const state_periods& every, const rate_factors& factors, simulated_day day,
                                     nanoseconds end)
    : periods_{period_in_steps(every.parked, day.speed), period_in_steps(every.driving, day.speed),
               period_in_steps(every.charging, day.speed)},
      factors_(&factors), day_(day), end_(std::min(end, load_max)) {}

progress_schedule::progress_schedule(rate r, const rate_factors& factors, simulated_day day, nanoseconds end)
    : factors_(&factors), day_(day), end_(std::min(end, load_max)) {
    periods_.fill(r.per_second > 0 ? 1e9 * steps_per_ns / (r.per_second * day.speed) : 0);
}

/// Rounded up, and never before the next nanosecond: a walk over the changes ends, whatever a rounded time of day says.
nanoseconds progress_schedule::load_time_of(nanoseconds day_time, nanoseconds after) const noexcept {
    const double since_start = std::ceil(static_cast<double>((day_time - day_.start).count()) / day_.speed);
    if (!(since_start < static_cast<double>(end_.count()))) return end_;
    return std::max(nanoseconds{static_cast<std::int64_t>(since_start)}, after + nanoseconds{1});
}

} // namespace loadsim::telemetry
