// What a scenario will need and do, before anything is opened.
#pragma once

#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::scenario {

struct plan {
    struct phase {
        std::string name;
        nanoseconds start{0};
        nanoseconds duration{0};
        std::uint64_t arrivals = 0;
        std::string rates; ///< "1/s -> 5/s", "100/s", "pause", "30 in all"
    };
    std::vector<phase> phases;
    std::uint64_t arrivals = 0;
    nanoseconds duration{0};     ///< of the load, without connecting and draining
    nanoseconds connecting{0};   ///< sessions / connectRate
    std::uint32_t vehicles = 0;
    std::uint32_t sessions = 0;  ///< vehicles that connect
    std::uint64_t open_files = 0; ///< of this process at the peak
    std::uint32_t processes = 1; ///< hosts or ranks needed when one process may have `limit` open files
};

plan plan_of(const document&, std::uint64_t open_file_limit);
std::string to_string(const plan&);

} // namespace loadsim::scenario
