// Instants of the steady clock and the interface of time sources.
#pragma once

#include <chrono>
#include <cstdint>

namespace loadsim {

using std::chrono::nanoseconds;

/// Instant of the steady clock. Every latency is the difference of two such instants; the system clock is used only for
/// output.
using monotonic_time = std::chrono::time_point<std::chrono::steady_clock, nanoseconds>;

/// Current system time in microseconds since 1970: for message contents, never for a latency.
inline std::int64_t system_time_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// Value of an instant that has not occurred.
inline constexpr monotonic_time never = monotonic_time::max();

/// Source of the current time. Always passed in, so that tests can replace it.
/// Threads: now() may be called from any thread.
class time_source {
public:
    virtual ~time_source() = default;
    virtual monotonic_time now() const noexcept = 0;
};

/// The machine's steady clock.
class steady_time final : public time_source {
public:
    monotonic_time now() const noexcept override { return std::chrono::steady_clock::now(); }
};

/// Time that changes only by advance() and set(). For tests and rehearsals. Threads: one.
class manual_time final : public time_source {
public:
    monotonic_time now() const noexcept override { return now_; }
    void advance(nanoseconds step) { now_ += step; }
    void set(monotonic_time instant) { now_ = instant; }

private:
    monotonic_time now_{};
};

} // namespace loadsim
