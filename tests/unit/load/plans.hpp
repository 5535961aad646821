// Plans written short, and walked.
#pragma once

#include <loadsim/load/schedule.hpp>

#include <vector>

namespace loadsim::load {

inline phase constant(nanoseconds length, double per_second) {
    return {.name = "",
            .duration = length,
            .arrival_rate = {per_second},
            .ramp_to = {},
            .arrival_count = {},
            .max_vusers = {}};
}
inline phase ramping(nanoseconds length, double from, double to) {
    auto p = constant(length, from);
    p.ramp_to = rate{to};
    return p;
}
inline phase counted(nanoseconds length, std::uint64_t arrivals) {
    auto p = constant(length, 0);
    p.arrival_count = arrivals;
    return p;
}
inline phase paused(nanoseconds length) {
    auto p = constant(length, 0);
    p.pause = true;
    return p;
}

inline std::vector<arrival> walk(const schedule& plan) {
    std::vector<arrival> all;
    schedule::cursor cursor{plan};
    while (const auto next = cursor.next()) all.push_back(*next);
    return all;
}

} // namespace loadsim::load
