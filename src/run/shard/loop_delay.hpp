// Delay of a shard's event loop: how long ready messages and timers wait for it.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/histogram.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace loadsim::run {

/// Samples at instants 10 ms apart: the time that a message or timer that became ready then waited for the loop, in the loop or
/// in the kernel. All instants of a standstill are samples, so that percentiles are those of messages that arrive at any time.
/// Threads: one. Pure: it reads no clock.
class loop_delay {
public:
    static constexpr nanoseconds interval = std::chrono::milliseconds{10};

    /// `phase_of`: the phase that an instant belongs to.
    void start(monotonic_time first, std::function<std::size_t(monotonic_time)> phase_of) {
        next_ = first;
        phase_of_ = std::move(phase_of);
    }
    monotonic_time next() const noexcept { return next_; } ///< the next instant; record() is to be called then
    /// The loop has got to all instants up to `now`.
    void record(monotonic_time now) {
        for (; next_ <= now; next_ += interval) {
            const auto phase = phase_of_(next_);
            if (samples_.size() <= phase) samples_.resize(phase + 1);
            samples_[phase].record(now - next_);
        }
    }
    std::vector<measure::histogram> take_samples() { return std::exchange(samples_, {}); } ///< by phase

private:
    monotonic_time next_ = never;
    std::function<std::size_t(monotonic_time)> phase_of_;
    std::vector<measure::histogram> samples_;
};

} // namespace loadsim::run
