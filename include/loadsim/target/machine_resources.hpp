// Resources of this machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace loadsim::target {

/// Resources available to a run, as reported by the kernel. Empty: cannot be read, unknown; never guessed.
/// Units: files, ports and connections as counts, memory in bytes.
struct machine_resources {
    struct tcp_memory {
        std::uint64_t limit = 0; ///< of the buffers of all sockets together; above it the kernel drops packets
        std::uint64_t used = 0;
    };
    struct tracked_connections {
        std::uint64_t limit = 0;
        std::uint64_t used = 0;
    };

    std::optional<std::uint64_t> open_files{};     ///< soft limit of this process
    std::optional<std::uint64_t> open_files_max{}; ///< maximum that root can raise the limit to (fs.nr_open)
    std::optional<std::uint64_t> files_free{};     ///< of all processes together: fs.file-max minus open files
    std::optional<std::uint64_t> source_ports{};   ///< ephemeral ports per (source, target) address pair
    bool slow_above_half_of_ports = false; ///< kernel before 6.8: with half of the ports in use, a connect takes 1 ms
    std::optional<std::uint64_t> listen_backlog{}; ///< net.core.somaxconn
    std::optional<std::uint64_t> syn_backlog{};    ///< net.ipv4.tcp_max_syn_backlog
    std::optional<tcp_memory> tcp{};
    std::optional<std::uint64_t> memory_free{};     ///< MemAvailable, or the rest of a cgroup's limit if that is less
    std::optional<tracked_connections> conntrack{}; ///< empty: the kernel has no connection tracking
    std::uint64_t page_size = 4096;
    unsigned cores = 0;                    ///< 0: unknown
    bool memory_limited_by_cgroup = false; ///< memory_free is limited by a cgroup
};

/// Raises the soft limit of open files to the hard limit and returns it.
std::uint64_t raise_open_file_limit();

/// Reads /proc and the cgroups below `root`; only tests use a root other than "/". Needs no privileges.
/// open_files is the current limit of this process: call raise_open_file_limit() first.
machine_resources inspect_machine(const std::filesystem::path& root = "/");

} // namespace loadsim::target
