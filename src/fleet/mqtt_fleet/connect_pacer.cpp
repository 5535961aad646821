#include "mqtt_fleet/connect_pacer.hpp"

#include <algorithm>

namespace loadsim::fleet {

connect_pacer::connect_pacer(std::uint32_t vehicle_count, rate first_connects, fleet_partition shard,
                             std::uint32_t in_flight)
    : vehicle_count_(vehicle_count), rate_(first_connects), partition_(shard), limit_(std::max(1U, in_flight)) {}

monotonic_time connect_pacer::first_due() const noexcept {
    if (start_time_ == never || next_first_connect_ == vehicle_count_) return never;
    const double position = static_cast<double>(next_first_connect_) * partition_.count + partition_.index;
    return start_time_ + duration_for(position, rate_);
}

std::optional<std::uint32_t> connect_pacer::pop_due(monotonic_time now) {
    if (in_flight_ >= limit_) return std::nullopt;
    const auto due = first_due();
    if (!requeued_.empty() && requeued_.front().due <= due) {
        const auto slot = requeued_.front().slot;
        requeued_.pop_front();
        ++in_flight_;
        return slot;
    }
    if (due > now) return std::nullopt;
    ++in_flight_;
    return next_first_connect_++;
}

monotonic_time connect_pacer::next_due() const noexcept {
    if (in_flight_ >= limit_) return never;
    return requeued_.empty() ? first_due() : std::min(first_due(), requeued_.front().due);
}

} // namespace loadsim::fleet
