#include "process/machine_sampler.hpp"

#include <loadsim/base/units.hpp>

#include <unistd.h>

#include <chrono>
#include <fstream>

namespace loadsim::run {

measure::machine_usage usage_between(const target::cpu_counters& begin, const target::cpu_counters& end,
                                     double elapsed_s) {
    // The kernel counts ticks of 10 ms: of a shorter time they are not shares.
    constexpr double shortest_s = 0.5;
    const auto known = elapsed_s < shortest_s ? target::cpu_counters::unknown : 1.0;
    return {.ranks = 1,
            .elapsed_s = elapsed_s,
            .allowed_core_s = end.cores_usable * elapsed_s,
            .own_cpu_s = end.own_s - begin.own_s,
            .core_s = end.cores * elapsed_s,
            .busy_s = (end.busy_s - begin.busy_s) * known,
            .steal_s = (end.steal_s - begin.steal_s) * known,
            .stalled_s = end.stalled_s - begin.stalled_s,
            .throttled_s = end.throttled_s - begin.throttled_s};
}

void machine_sampler::sample(monotonic_time now) {
    if (start_ != never && now >= start_ && now >= next_) read(now);
}

void machine_sampler::end_load(monotonic_time now) {
    if (begun_at_ != never) read(now);
    start_ = never;
}

void machine_sampler::read(monotonic_time now) {
    const auto counters = read_();
    if (begun_at_ == never) {
        begun_at_ = now;
        begin_ = counters;
    } else if (now > begun_at_) {
        usage_ = usage_between(begin_, counters, seconds(now - begun_at_));
    }
    next_ = now + std::chrono::seconds{1};
}

std::uint64_t resident_bytes() {
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    std::ifstream("/proc/self/statm") >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace loadsim::run
