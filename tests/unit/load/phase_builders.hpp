// Builders for load phases, and the arrivals of a schedule.
#pragma once

#include <loadsim/load/schedule.hpp>

#include <vector>

namespace loadsim::load {

inline phase constant_rate(nanoseconds length, double per_second) {
    return {.name = "",
            .duration = length,
            .arrival_rate = {per_second},
            .ramp_to = {},
            .arrival_count = {},
            .max_vusers = {}};
}
inline phase linear_rate(nanoseconds length, double from, double to) {
    auto p = constant_rate(length, from);
    p.ramp_to = rate{to};
    return p;
}
inline phase fixed_count(nanoseconds length, std::uint64_t arrivals) {
    auto p = constant_rate(length, 0);
    p.arrival_count = arrivals;
    return p;
}
inline phase paused(nanoseconds length) {
    auto p = constant_rate(length, 0);
    p.pause = true;
    return p;
}

inline std::vector<arrival> all_arrivals(const schedule& source) {
    std::vector<arrival> all;
    schedule::cursor cursor{source};
    while (const auto next = cursor.next()) all.push_back(*next);
    return all;
}

} // namespace loadsim::load
