// Sampler of the machine's CPU during the load, about once a second.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/machine_load.hpp>
#include <loadsim/target/cpu_counters.hpp>

#include <cstdint>
#include <functional>
#include <optional>

namespace loadsim::run {

/// CPU between two readings, of one rank. Pure.
measure::machine_usage usage_between(const target::cpu_counters& begin, const target::cpu_counters& end,
                                     double elapsed_s);

/// Reads the counters from the start of the load to its end.
/// Threads: one. Reads no clock.
class machine_sampler {
public:
    explicit machine_sampler(std::function<target::cpu_counters()> read) : read_(std::move(read)) {}

    void begin_load(monotonic_time start) {
        start_ = start;
        begun_at_ = never; // of a load sequence, usage is that of its latest load
        next_ = {};
    }
    /// To be called often; the first call from the start on begins the measurement. Reads once a second at most.
    void sample(monotonic_time now);
    /// The load has ended: the last sample.
    void end_load(monotonic_time now);
    /// Since the start; nullopt: before the second sample.
    const std::optional<measure::machine_usage>& usage() const noexcept { return usage_; }

private:
    void read(monotonic_time now);

    std::function<target::cpu_counters()> read_;
    monotonic_time start_ = never; ///< of the load; never: not begun, or ended
    monotonic_time begun_at_ = never;
    monotonic_time next_{};
    target::cpu_counters begin_;
    std::optional<measure::machine_usage> usage_;
};

std::uint64_t resident_bytes(); ///< memory of this process

} // namespace loadsim::run
