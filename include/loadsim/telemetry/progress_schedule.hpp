// Due times from a rate that changes over time: with the drive state of a vehicle, and with the factor of the load.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/telemetry/options.hpp>
#include <loadsim/telemetry/rate_factors.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace loadsim::telemetry {

/// Drive states of vehicles: 0 parked, 1 driving, 2 charging, in the order of state_periods. Times are since midnight of the first
/// day. The next change is after the given time; nanoseconds::max(): none.
template <class T>
concept state_source = requires(const T& source, vehicle_id v, nanoseconds day_time) {
    static_cast<std::size_t>(source.state_at(v, day_time));
    { source.next_state_change(v, day_time) } -> std::convertible_to<nanoseconds>;
};

/// Simulated time of a load: when its first day begins, and how fast it goes.
struct simulated_day {
    nanoseconds start{0}; ///< time of day at the start of the load
    double speed = 1;     ///< simulated seconds per second; above 0

    nanoseconds day_time(nanoseconds since_start) const noexcept {
        return start + nanoseconds{std::llround(static_cast<double>(since_start.count()) * speed)};
    }
};

/// Due instant and number of a vehicle's message. 12 bytes: a vehicle has one for each group.
class due_message {
public:
    due_message() = default;
    /// A fixed-point instant: messages of a period that is no whole number of ns do not drift.
    due_message(std::int64_t fixed_point_due, std::uint32_t sequence) noexcept
        : words_{static_cast<std::uint32_t>(static_cast<std::uint64_t>(fixed_point_due)),
                 static_cast<std::uint32_t>(static_cast<std::uint64_t>(fixed_point_due) >> 32U), sequence} {}

    /// Since the start of the load; nanoseconds::max(): there is no further message before its end.
    nanoseconds due() const noexcept;
    std::uint32_t sequence() const noexcept { return words_[2]; } ///< from 1
    std::int64_t fixed_point_due() const noexcept {
        return static_cast<std::int64_t>(std::uint64_t{words_[1]} << 32U | words_[0]);
    }

private:
    std::array<std::uint32_t, 3> words_{};
};
static_assert(sizeof(due_message) == 12);

/// Progress of a vehicle towards its messages: the integral of factor * speed / period over the time of the load.
///
/// A change of state or factor keeps the progress and changes its rate alone. So no message is lost or doubled by it, the fleet
/// stays as evenly spread as it was, and the number of messages is the integral, however often the state changes.
/// Units:   instants since the start of the load, fixed-point with steps of 1/256 ns; at most 400 days.
/// Threads: const, any.
class progress_schedule {
public:
    static constexpr std::int64_t steps_per_ns = 256; ///< of a fixed-point instant
    static constexpr std::int64_t never_due = std::int64_t{1} << 62;

    /// `end`: of the load. The factors must outlive the schedule.
    progress_schedule(const state_periods&, const rate_factors&, simulated_day, nanoseconds end);
    /// One rate in all states.
    progress_schedule(rate, const rate_factors&, simulated_day, nanoseconds end);

    /// Instant at which the progress has grown by `messages` since `from`; never_due: not before the end of the load.
    /// O(changes of state and factor in between).
    template <state_source States>
    std::int64_t due_after(std::int64_t from, double messages, const States& states, vehicle_id v) const;

private:
    nanoseconds load_time_of(nanoseconds day_time, nanoseconds after) const noexcept;

    std::array<double, 3> periods_{}; ///< in load time with factor 1; 0: nothing is sent
    const rate_factors* factors_;
    simulated_day day_;
    nanoseconds end_;
};

inline nanoseconds due_message::due() const noexcept {
    const auto instant = fixed_point_due();
    return instant == progress_schedule::never_due ? nanoseconds::max()
                                                   : nanoseconds{instant / progress_schedule::steps_per_ns};
}

template <state_source States>
std::int64_t progress_schedule::due_after(std::int64_t from, double messages, const States& states,
                                          vehicle_id v) const {
    while (from < end_.count() * steps_per_ns) {
        const nanoseconds now{from / steps_per_ns};
        const auto day_time = day_.day_time(now);
        const auto [factor, factor_until] = factors_->at(now);
        const double period = periods_[static_cast<std::size_t>(states.state_at(v, day_time))];
        const nanoseconds change = states.next_state_change(v, day_time);
        const auto until = std::min(std::min(factor_until, end_), load_time_of(change, now)).count() * steps_per_ns;
        if (period > 0 && factor > 0) {
            const auto available = static_cast<double>(until - from);
            const double needed = messages * period / factor;
            if (needed < available) return from + std::llround(needed);
            messages = std::max(messages - available * factor / period, 0.0); // rounding may make it negative
        }
        from = until;
    }
    return never_due;
}

} // namespace loadsim::telemetry
