#include <loadsim/telemetry/group_schedule.hpp>

#include <loadsim/base/random.hpp>

namespace loadsim::telemetry {

group_schedule::group_schedule(const group_options& options, std::uint32_t group, std::uint64_t seed,
                               std::uint32_t vehicles, const rate_factors& factors, simulated_day day, nanoseconds end)
    : progress_(options.every, factors, day, end), jitter_(options.jitter.value),
      spread_offset_(random_unit(seed, stream_id::telemetry_spread, group, 0)), seed_(seed), group_(group),
      vehicles_(vehicles) {}

double group_schedule::spread(vehicle_id v) const noexcept {
    const double sum = static_cast<double>(index(v)) / vehicles_ + spread_offset_;
    return sum - std::floor(sum);
}

double group_schedule::displacement(vehicle_id v, std::uint32_t sequence) const noexcept {
    if (!(jitter_ > 0)) return 0;
    const auto counter = std::uint64_t{group_} << 32U | sequence;
    return jitter_ * random_unit(seed_, stream_id::telemetry_jitter, index(v), counter);
}

} // namespace loadsim::telemetry
