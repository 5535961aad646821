// Connect pacing of one shard: first connects at the connect rate, reconnects when their backoff is over.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>

namespace loadsim::fleet {

/// Limits the connects in flight; further due connects wait, ordered by due time.
///
/// Shape:   the due time of the n-th vehicle's first connect depends on the rate alone, so n connects are started after n / rate
///          even if polled late. Shards are interleaved: together they keep the rate.
/// Threads: one. Pure: it reads no clock.
class connect_pacer {
public:
    /// `in_flight`: limit of concurrent connects, at least 1.
    connect_pacer(std::uint32_t vehicle_count, rate first_connects, fleet_partition, std::uint32_t in_flight);

    /// Time zero of the first connects.
    void start(monotonic_time now) noexcept { start_time_ = now; }
    /// Requeues a vehicle that was connected before or refused.
    void requeue(std::uint32_t slot, monotonic_time now) { requeued_.push_back({slot, now}); }

    /// Next due vehicle, counted as in flight until done(); nullopt: none due, or limit reached.
    std::optional<std::uint32_t> pop_due(monotonic_time now);
    /// A connect in flight has succeeded, failed or been cancelled.
    void done() noexcept { --in_flight_; }

    /// Next time to call pop_due(); `never`: the limit is reached (wait for done()), or nothing is queued.
    monotonic_time next_due() const noexcept;
    std::uint32_t in_flight() const noexcept { return in_flight_; }

private:
    struct queued_connect {
        std::uint32_t slot;
        monotonic_time due;
    };
    monotonic_time first_due() const noexcept;

    std::uint32_t vehicle_count_;
    rate rate_;
    fleet_partition partition_;
    std::uint32_t limit_;
    monotonic_time start_time_ = never;
    std::uint32_t next_first_connect_ = 0; ///< next vehicle to connect for the first time
    std::uint32_t in_flight_ = 0;
    std::deque<queued_connect> requeued_;
};

inline connect_pacer::connect_pacer(std::uint32_t vehicle_count, rate first_connects, fleet_partition shard,
                                    std::uint32_t in_flight)
    : vehicle_count_(vehicle_count), rate_(first_connects), partition_(shard), limit_(std::max(1U, in_flight)) {}

inline monotonic_time connect_pacer::first_due() const noexcept {
    if (start_time_ == never || next_first_connect_ == vehicle_count_) return never;
    const double position = static_cast<double>(next_first_connect_) * partition_.count + partition_.index;
    return start_time_ + duration_for(position, rate_);
}

inline std::optional<std::uint32_t> connect_pacer::pop_due(monotonic_time now) {
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

inline monotonic_time connect_pacer::next_due() const noexcept {
    if (in_flight_ >= limit_) return never;
    return requeued_.empty() ? first_due() : std::min(first_due(), requeued_.front().due);
}

} // namespace loadsim::fleet
