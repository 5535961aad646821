// Whose connect is next, and when: the first ones at the connect rate, others when their wait is over.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>

#include <cstdint>
#include <deque>
#include <optional>

namespace loadsim::fleet {

/// The connects of one shard. So many at once at most; what is due while all of them are under way waits for its turn, in the
/// order in which it was due.
///
/// Shape:   the n-th car's first connect is due by the rate alone, so n of them are under way or done after n / rate, however
///          late each was looked at. The shards take turns: together they keep the rate.
/// Threads: one. Pure: it reads no clock.
class connect_queue {
public:
    /// `in_flight`: at once, at least 1.
    connect_queue(std::uint32_t cars, rate first_connects, shard_share, std::uint32_t in_flight);

    /// From here on first connects are due.
    void start(monotonic_time now) noexcept { start_ = now; }
    /// This car, connected before or refused, is due again.
    void again(std::uint32_t car, monotonic_time now) { again_.push_back({car, now}); }

    /// The car whose turn it is; it is under way until done().
    std::optional<std::uint32_t> take(monotonic_time now);
    /// One that was under way has come through, or failed, or been called off.
    void done() noexcept { --in_flight_; }

    /// When take() is to be asked again if nothing happens before: `never` while only done() can help, or nothing is to come.
    monotonic_time next() const noexcept;
    std::uint32_t in_flight() const noexcept { return in_flight_; }

private:
    struct waiting {
        std::uint32_t car;
        monotonic_time since;
    };
    monotonic_time first_due() const noexcept;

    std::uint32_t cars_;
    rate rate_;
    shard_share share_;
    std::uint32_t limit_;
    monotonic_time start_ = never;
    std::uint32_t first_ = 0; ///< the car to connect first next
    std::uint32_t in_flight_ = 0;
    std::deque<waiting> again_;
};

} // namespace loadsim::fleet
