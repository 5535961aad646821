// Description of the benchmark machine.
#pragma once

#include <map>
#include <string>

namespace loadsim::bench {

/// cpu, cores, memory, kernel, system, compiler, mosquitto, build, date.
std::map<std::string, std::string> this_machine();

} // namespace loadsim::bench
