// How fast a process opens its connections, seen from outside.
#pragma once

#include "child.hpp"

#include <cstdint>
#include <functional>

namespace loadsim::bench {

/// Watches a process until `done`. Its connects a second, between the first tenth of them and the last: its beginning, and what
/// it does when all stand, are not in it.
double connects_per_second(child&, std::uint32_t sessions, const std::function<bool()>& done);

} // namespace loadsim::bench
