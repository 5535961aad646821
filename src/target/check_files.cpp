#include "checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace loadsim::target {
namespace {

remedy raise_limit(std::uint64_t needed, const machine_resources& machine) {
    auto command = fmt::format("ulimit -Hn {}", needed);
    if (machine.open_files_max && needed > *machine.open_files_max)
        command = fmt::format("sysctl -w fs.nr_open={} && ", needed) + command;
    return {"raise the limit, as root and in the shell that starts it", command, ""};
}

} // namespace

check check_open_files(const resource_requirements& n, const machine_resources& machine) {
    const auto needed = std::max(files_per_rank(n), files_per_broker(n));
    check c{.name = "open files",
            .needed = number_text(needed),
            .available = number_text(machine.open_files),
            .scope = n.own_broker ? "in each process, and in its mosquitto" : "in each process",
            .status = status_of(needed, machine.open_files),
            .remedies = {}};
    if (c.status == check_status::unknown) c.remedies.push_back(unreadable_file("the limit of this process"));
    if (c.status != check_status::not_enough) return c;
    if (const auto ranks = required_ranks(n, machine)) {
        auto spread = n;
        spread.placement = {*ranks, *ranks};
        // More processes need more memory; without free memory they are no remedy.
        if (!machine.memory_free || local_memory(spread) <= *machine.memory_free)
            c.remedies.push_back(
                {fmt::format("spread the fleet over {} processes", *ranks), "", fmt::format("--ranks {}", *ranks)});
    }
    c.remedies.push_back(raise_limit(needed, machine));
    const auto fixed = needed - sessions_per_rank(n);
    const auto vehicles_max = *machine.open_files > fixed ? (*machine.open_files - fixed) * n.placement.ranks : 0;
    c.remedies.push_back(fewer_vehicles(vehicles_max));
    return c;
}

check check_files_of_all(const resource_requirements& n, const machine_resources& machine) {
    const auto needed = std::uint64_t{n.placement.local_ranks} * (files_per_rank(n) + files_per_broker(n));
    check c{.name = "files of all",
            .needed = number_text(needed),
            .available = number_text(machine.files_free),
            .scope = "in all processes of this machine",
            .status = status_of(needed, machine.files_free),
            .remedies = {}};
    if (c.status == check_status::unknown) c.remedies.push_back(unreadable_file("/proc/sys/fs/file-max"));
    if (c.status == check_status::not_enough)
        c.remedies.push_back(
            {"raise the system's limit, as root", fmt::format("sysctl -w fs.file-max={}", needed * 2), ""});
    return c;
}

} // namespace loadsim::target
