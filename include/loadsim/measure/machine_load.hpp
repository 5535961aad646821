// CPU of the machines that generate the load, during the load: what says why the generator was late.
#pragma once

#include <boost/describe/class.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::measure {

/// CPU of one machine since the start of the load, in seconds. Each of its ranks has the same figures of the machine and its
/// own CPU time; they are added up, and machine_load divides. NaN: the kernel does not tell.
struct machine_usage {
    std::uint32_t ranks = 0;
    double elapsed_s = 0;
    double allowed_core_s = 0; ///< time of the cores that the process may use: affinity, cgroup cpu.max
    double own_cpu_s = 0;      ///< of the process
    double core_s = 0;         ///< time of all cores
    double busy_s = 0;         ///< of it: executing any process, ours too
    double steal_s = 0;        ///< of it: taken by the hypervisor
    double stalled_s = 0;      ///< of elapsed_s: a task of the machine waited for a core (pressure stall, some)
    double throttled_s = 0;    ///< cores that cpu.max of a cgroup withheld from the process

    friend bool operator==(const machine_usage&, const machine_usage&) = default;
};
BOOST_DESCRIBE_STRUCT(machine_usage, (),
                      (ranks, elapsed_s, allowed_core_s, own_cpu_s, core_s, busy_s, steal_s, stalled_s, throttled_s))

/// The same as shares, 0 to 1. Absent: the kernel does not tell.
struct machine_load {
    std::string host;
    double measured_s = 0;
    std::optional<double> cores{};        ///< of the machine
    std::optional<double> cores_usable{}; ///< by the load generator: affinity, cgroup cpu.max
    std::optional<double> own_share{};    ///< of the usable cores: the load generator's processes
    std::optional<double> other_share{};  ///< of all cores: other processes, the embedded broker too
    std::optional<double> steal_share{};  ///< of all cores: taken by the hypervisor
    std::optional<double> stalled_s{};    ///< a task of the machine waited for a core
    std::optional<double> throttled_s{};  ///< cores that cpu.max of a cgroup withheld

    friend bool operator==(const machine_load&, const machine_load&) = default;
};

/// By host. Pure.
std::vector<machine_load> machine_loads(const std::map<std::string, machine_usage>&);

} // namespace loadsim::measure
