#include "connect_queue.hpp"

#include <algorithm>

namespace loadsim::fleet {

connect_queue::connect_queue(std::uint32_t cars, rate first_connects, shard_share share, std::uint32_t in_flight)
    : cars_(cars), rate_(first_connects), share_(share), limit_(std::max(1U, in_flight)) {}

monotonic_time connect_queue::first_due() const noexcept {
    if (start_ == never || first_ == cars_) return never;
    const double turn = static_cast<double>(first_) * share_.count + share_.index;
    return start_ + time_for(turn, rate_);
}

std::optional<std::uint32_t> connect_queue::take(monotonic_time now) {
    if (in_flight_ >= limit_) return std::nullopt;
    const auto due = first_due();
    if (!again_.empty() && again_.front().since <= due) {
        const auto car = again_.front().car;
        again_.pop_front();
        ++in_flight_;
        return car;
    }
    if (due > now) return std::nullopt;
    ++in_flight_;
    return first_++;
}

monotonic_time connect_queue::next() const noexcept {
    if (in_flight_ >= limit_) return never;
    return again_.empty() ? first_due() : std::min(first_due(), again_.front().since);
}

} // namespace loadsim::fleet
