// What a scenario will need and do, before anything is opened.
#pragma once

#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::scenario {

/// What one process may have on this machine.
struct machine_limits {
    std::uint64_t open_files = 0;
    std::uint64_t source_ports = 0; ///< connections from one address to one broker
};

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
    nanoseconds duration{0};        ///< of the load, without connecting and draining
    nanoseconds connecting{0};      ///< sessions / connectRate
    std::uint32_t sessions = 0;     ///< one for each vehicle
    std::uint64_t open_files = 0;   ///< at the peak, of this process if it holds all sessions
    std::uint64_t broker_files = 0; ///< of the embedded broker, a process of its own; 0: there is none
    std::uint32_t hosts = 1;        ///< or processes: how many it takes when each has `limits`
    machine_limits limits;
};

plan plan_of(const document&, machine_limits);
std::string to_string(const plan&);

} // namespace loadsim::scenario
