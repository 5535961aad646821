// What a fleet is put through, whoever brings it.
#pragma once

#include <chrono>
#include <cstdint>

namespace loadsim::bench {

/// It connects as fast as it can, stands idle, gets its commands and answers each, stands idle again.
struct course {
    std::uint32_t vehicles = 1000;
    std::uint32_t per_second = 0; ///< commands; 0: none but one, for a scenario has to ask for something
    std::chrono::seconds idle_before{4};
    std::chrono::seconds load{1};
    std::chrono::seconds idle_after{4};
};

} // namespace loadsim::bench
