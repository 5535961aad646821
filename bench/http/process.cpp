#include "process.hpp"

#include <sched.h>
#include <unistd.h>

#include <utility>

namespace loadsim::bench {

child_options pinned(std::vector<std::string> command, core pinned_core) {
    return {.command = std::move(command), .before_exec = [pinned_core] {
                if (::sysconf(_SC_NPROCESSORS_ONLN) < 2) return;
                cpu_set_t cores;
                CPU_ZERO(&cores);
                CPU_SET(static_cast<int>(pinned_core), &cores);
                ::sched_setaffinity(0, sizeof cores, &cores); // best effort: may be forbidden
            }};
}

} // namespace loadsim::bench
