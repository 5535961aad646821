// Hierarchical timer wheel for all timers of a shard.
#pragma once

#include <loadsim/base/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace loadsim::net {

class timer_wheel;

/// Base class of timers. 40 bytes; not to be moved while armed; disarmed on destruction.
class timer {
public:
    timer() = default;
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;
    virtual ~timer() { disarm(); }

    bool armed() const noexcept { return wheel_ != nullptr; }
    void disarm() noexcept;

protected:
    /// Called by timer_wheel::advance() after the timer was disarmed; may arm this timer or others.
    virtual void on_timer(monotonic_time now) = 0;

private:
    friend class timer_wheel;
    timer* next_ = nullptr;
    timer** back_ = nullptr;       ///< the pointer that points here
    timer_wheel* wheel_ = nullptr; ///< null: not armed
    std::uint64_t tick_ = 0;
};

/// Hierarchical timing wheels (Varghese and Lauck 1987): arming and disarming take constant time.
///
/// Shape:   4 levels of 256 slots; ticks of 1 ms; range 49 days (later timers are re-inserted at its end).
/// Units:   time points; a timer fires at the first advance() at or after its time, never before.
/// Threads: one. Pure: it reads no clock.
class timer_wheel {
public:
    static constexpr nanoseconds tick_length = std::chrono::milliseconds{1};

    explicit timer_wheel(monotonic_time origin) : origin_(origin) {}
    timer_wheel(const timer_wheel&) = delete;
    timer_wheel& operator=(const timer_wheel&) = delete;
    ~timer_wheel();

    /// Arms, or re-arms. `never` disarms.
    void arm(timer&, monotonic_time when);
    /// Fires everything due at or before `now`, in order of ticks.
    void advance(monotonic_time now);
    /// Time of the next advance(): not later than the first timer, possibly earlier; `never` when none is armed.
    monotonic_time next() const noexcept;
    std::size_t size() const noexcept { return size_; }

private:
    friend class timer;
    static constexpr unsigned bits = 8;
    static constexpr std::size_t slots = 1U << bits;
    static constexpr unsigned levels = 4;

    void insert(timer&) noexcept;
    void cascade(unsigned level) noexcept;
    void fire(timer*& slot, monotonic_time now);

    monotonic_time origin_;
    std::uint64_t now_ = 0; ///< the tick up to which everything has fired
    std::size_t size_ = 0;
    std::array<std::array<timer*, slots>, levels> wheels_{};
};

} // namespace loadsim::net
