#include "checks.hpp"

#include <fmt/format.h>

namespace loadsim::target {
namespace {

constexpr unsigned tight_above_percent = 80;

/// Largest fleet within the comfortable share of `memory`, with the given rank placement.
std::uint64_t largest_fleet(resource_requirements n, std::uint64_t memory) {
    const auto room = memory / 100 * tight_above_percent;
    std::uint64_t fits = 0;
    for (std::uint64_t too_many = n.sessions; fits + 1 < too_many;) {
        n.sessions = fits + (too_many - fits) / 2;
        (local_memory(n) <= room ? fits : too_many) = n.sessions;
    }
    return fits;
}

} // namespace

check check_memory(const resource_requirements& n, const machine_resources& machine) {
    const auto needed = local_memory(n);
    check c{.name = "memory",
            .needed = memory_text(needed),
            .available = memory_text(machine.memory_free),
            .scope = n.own_broker     ? "with the kernel's and each mosquitto's"
                     : n.local_broker ? "with the kernel's; the broker's own comes on top"
                                      : "with the kernel's",
            .status = status_of(needed, machine.memory_free, tight_above_percent),
            .remedies = {}};
    if (machine.memory_limited_by_cgroup) c.scope += "; the control group's limit";
    if (c.status == check_status::unknown) c.remedies.push_back(unreadable_file("MemAvailable in /proc/meminfo"));
    if (c.status != check_status::not_enough && c.status != check_status::tight) return c;
    const auto vehicles_max = largest_fleet(n, *machine.memory_free);
    if (vehicles_max != 0)
        c.remedies.push_back({fmt::format("spread the ranks over {} machines like this one (mpirun with a host file)",
                                          (local_sessions(n) + vehicles_max - 1) / vehicles_max),
                              "", ""});
    c.remedies.push_back(fewer_vehicles(vehicles_max));
    return c;
}

} // namespace loadsim::target
