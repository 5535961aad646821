// Short names of protocol versions and QoS levels.
#pragma once

#include <loadsim/mqtt/options.hpp>

namespace loadsim::mqtt {

inline constexpr auto v3 = version::v3_1_1;
inline constexpr auto v5 = version::v5_0;
inline constexpr auto q0 = qos::at_most_once;
inline constexpr auto q1 = qos::at_least_once;
inline constexpr auto q2 = qos::exactly_once;

} // namespace loadsim::mqtt
