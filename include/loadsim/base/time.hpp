// Instants, and the one source they come from.
#pragma once

#include <chrono>
#include <cstdint>

namespace loadsim {

using std::chrono::nanoseconds;

/// An instant of the steady clock. Every latency is the difference of two of these;
/// the system clock is used to print and for nothing else.
using monotonic_time = std::chrono::time_point<std::chrono::steady_clock, nanoseconds>;

/// What the system clock shows now, in microseconds since 1970: for what is written into messages, never for a latency.
inline std::int64_t wall_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// "Not yet": the value of an instant that has not come.
inline constexpr monotonic_time never = monotonic_time::max();

/// Where time comes from. Handed in, never fetched from the air, so that tests can move it.
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

/// Moves only when told. For tests and rehearsals. Threads: one.
class manual_time final : public time_source {
public:
    monotonic_time now() const noexcept override { return now_; }
    void advance(nanoseconds step) { now_ += step; }
    void set(monotonic_time instant) { now_ = instant; }

private:
    monotonic_time now_{};
};

} // namespace loadsim
