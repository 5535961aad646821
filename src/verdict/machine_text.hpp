// What the machines' CPU did during the load, and what to change if the load generator was late.
#pragma once

#include <loadsim/measure/run_result.hpp>

#include <string>

namespace loadsim::verdict {

/// Sentences: figures of each machine, then what to change. Empty: nothing was measured. Pure.
std::string machine_text(const measure::generator_usage&);

} // namespace loadsim::verdict
