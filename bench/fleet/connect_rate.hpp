// Connect rate of a process, measured from outside by its open files.
#pragma once

#include "measured_process.hpp"

#include <cstdint>
#include <functional>

namespace loadsim::bench {

/// Observes a process until `done`. Returns connects per second between the first and the last tenth of the sessions, which
/// excludes process start and work after the last connect.
double measure_connect_rate(measured_process&, std::uint32_t sessions, const std::function<bool()>& done);

} // namespace loadsim::bench
