#include "checks.hpp"

#include <fmt/format.h>

namespace loadsim::target {
namespace {

constexpr unsigned comfortable = 80;

/// The largest fleet that is at ease here, spread as asked.
std::uint64_t vehicles_that_fit(needs n, std::uint64_t memory) {
    const auto room = memory / 100 * comfortable;
    std::uint64_t fits = 0;
    for (std::uint64_t too_many = n.sessions; fits + 1 < too_many;) {
        n.sessions = fits + (too_many - fits) / 2;
        (memory_here(n) <= room ? fits : too_many) = n.sessions;
    }
    return fits;
}

} // namespace

check check_memory(const needs& n, const machine& has) {
    const auto needed = memory_here(n);
    check c{.name = "memory",
            .needs = memory_text(needed),
            .has = memory_text(has.memory_free),
            .of = n.own_broker    ? "with the kernel's and each mosquitto's"
                  : n.broker_here ? "with the kernel's; the broker's own comes on top"
                                  : "with the kernel's",
            .verdict = judge(needed, has.memory_free, comfortable),
            .remedies = {}};
    if (has.memory_of_group) c.of += "; the control group's limit";
    if (c.verdict == fit::unknown) c.remedies.push_back(unreadable("MemAvailable in /proc/meminfo"));
    if (c.verdict != fit::not_enough && c.verdict != fit::tight) return c;
    const auto most = vehicles_that_fit(n, *has.memory_free);
    if (most != 0)
        c.remedies.push_back({fmt::format("spread the ranks over {} machines like this one (mpirun with a host file)",
                                          (sessions_here(n) + most - 1) / most),
                              "", ""});
    c.remedies.push_back(fewer_vehicles(most));
    return c;
}

} // namespace loadsim::target
