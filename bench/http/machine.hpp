// Description of the benchmark machine.
#pragma once

#include <string>

namespace loadsim::bench {

struct machine {
    std::string processor;
    unsigned cores = 0;
    double memory_gib = 0;
    std::string kernel;
    std::string compiler;
};

machine this_machine();

} // namespace loadsim::bench
