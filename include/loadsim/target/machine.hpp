// What this machine offers a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace loadsim::target {

/// What a run can have here, as the kernel says it. Empty: it cannot be read, and so is unknown; never guessed.
/// Units: files, ports and connections as numbers, memory in bytes.
struct machine {
    struct tcp_memory {
        std::uint64_t most = 0; ///< of all sockets' buffers together; above it the kernel drops what comes
        std::uint64_t used = 0;
    };
    struct tracked_connections {
        std::uint64_t most = 0;
        std::uint64_t used = 0;
    };

    std::optional<std::uint64_t> open_files{};      ///< of one process: its soft limit
    std::optional<std::uint64_t> open_files_most{}; ///< what root can raise that to (fs.nr_open)
    std::optional<std::uint64_t> files_free{};      ///< of all processes together: fs.file-max less those that are open
    std::optional<std::uint64_t> source_ports{};    ///< that the kernel gives out, for each (source, target) pair
    bool half_the_ports_are_slow = false; ///< a kernel before 6.8: once half of them are in use each connect takes a millisecond
    std::optional<std::uint64_t> listen_backlog{};  ///< net.core.somaxconn
    std::optional<std::uint64_t> syn_backlog{};     ///< net.ipv4.tcp_max_syn_backlog
    std::optional<tcp_memory> tcp{};
    std::optional<std::uint64_t> memory_free{}; ///< MemAvailable, or what is left in a control group if that is less
    std::optional<tracked_connections> conntrack{}; ///< empty: the kernel has no connection tracking
    std::uint64_t page_size = 4096;
    unsigned cores = 0;           ///< 0: unknown
    bool memory_of_group = false; ///< memory_free is a control group's
};

/// How many files this process may open: the soft limit, raised to the hard one first.
std::uint64_t raise_open_file_limit();

/// Reads it from /proc and the control groups below `root`; only a test has another root than "/". Needs no privileges.
/// The limit on open files is this process's as it is now: raise it first.
machine look_at_machine(const std::filesystem::path& root = "/");

} // namespace loadsim::target
