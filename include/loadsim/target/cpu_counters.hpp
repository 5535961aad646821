// CPU counters of the kernel: of the machine, and of this process and its cgroups.
#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <string_view>

namespace loadsim::target {

/// Sums in seconds, since boot or since the process or cgroup began; the difference of two readings counts. NaN: unknown.
struct cpu_counters {
    static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    double own_s = unknown;        ///< CPU time of this process
    double cores_usable = unknown; ///< by this process: its affinity, or less by a cgroup's CPU limit. No sum
    double cores = unknown;        ///< of the machine. No sum
    double busy_s = unknown;       ///< of all cores: executing any process, the kernel too
    double steal_s = unknown;      ///< of all cores: the hypervisor executed something else
    double stalled_s = unknown;    ///< at least one task of the machine waited for a core
    double throttled_s = unknown;  ///< cores that were withheld by a cgroup's CPU limit
};

/// Cores, and the kernel's ticks of all of them.
struct core_ticks {
    unsigned cores = 0;
    double busy = 0;
    double steal = 0;
};

// Parsers of text of the kernel. nullopt: the text has no such value.
std::optional<core_ticks> parse_proc_stat(std::string_view text);  ///< /proc/stat; sum of all cores
std::optional<double> parse_cpu_pressure(std::string_view text);   ///< /proc/pressure/cpu: total of `some`, seconds
std::optional<double> parse_throttled_time(std::string_view text); ///< cpu.stat of a cgroup (version 2 or 1), seconds
std::optional<double> parse_cpu_max(std::string_view text);        ///< cpu.max of a cgroup: cores; "max": no limit

/// Reads them below `root`; only tests use a root other than "/". Needs no privileges. A limit of any parent of a cgroup counts.
cpu_counters read_cpu_counters(const std::filesystem::path& root = "/");

} // namespace loadsim::target
