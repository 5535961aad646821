// What a scenario will need and do, before anything is opened.
#pragma once

#include <loadsim/scenario/scenario.hpp>
#include <loadsim/target/machine.hpp>
#include <loadsim/target/needs.hpp>

#include <cstdint>
#include <optional>
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
    nanoseconds duration{0};                 ///< of the load, without connecting and draining
    nanoseconds connecting{0};               ///< sessions / connectRate
    loadsim::target::needs needs;            ///< of all ranks, on one machine
    std::optional<std::uint64_t> open_files; ///< that a process may have here; empty: unknown
    /// Processes over which the fleet must be spread here; empty: no number is enough, and `needs` are those of one.
    std::optional<std::uint32_t> ranks;
};

plan plan_of(const document&, const loadsim::target::machine&);
std::string to_string(const plan&);

} // namespace loadsim::scenario
