// The parts of check(): each says what is wrong with its part, by path.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

void check_target(const document&, problems&);
void check_fleet(const document&, problems&);
void check_load(const document&, problems&);
void check_conditions(const document&, problems&);

/// a-z, then a-z, 0-9 and '-': a level of a topic and of a URL.
bool is_service_name(std::string_view);

/// The broker is ours, or its address is 127.0.0.0/8: every one of these is an address of this machine.
bool broker_is_on_loopback(const document&);

inline constexpr double longest_load = 366.0 * 24 * 3600; ///< seconds; beyond it nothing is worked out
double length_of(const load&);                            ///< seconds; of phases that nobody has checked

/// One occurrence of a condition that is a spike.
struct spike {
    nanoseconds from{0}; ///< since the load's start
    nanoseconds until{0};
    double factor = 1;
    std::string name;
    std::size_t condition = 0; ///< its place in the document
};
inline constexpr std::uint32_t spikes_most = 1000; ///< occurrences of one condition

/// In order of their beginnings.
std::vector<spike> spikes_of(const document&);

} // namespace loadsim::scenario
