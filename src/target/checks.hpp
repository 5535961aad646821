// Checks of the preflight, one function per resource. All pure.
#pragma once

#include <loadsim/target/preflight.hpp>

#include <optional>

namespace loadsim::target {

check check_open_files(const resource_requirements&, const machine_resources&);
check check_files_of_all(const resource_requirements&, const machine_resources&);
check check_source_ports(const resource_requirements&, const machine_resources&);
check check_listen_backlog(const resource_requirements&, const machine_resources&);
check check_tcp_memory(const resource_requirements&, const machine_resources&);
check check_memory(const resource_requirements&, const machine_resources&);
std::optional<check> check_conntrack(const resource_requirements&,
                                     const machine_resources&); ///< empty: the kernel has no connection tracking

/// "28232", "unlimited", "unknown".
std::string number_text(std::optional<std::uint64_t>);
std::string memory_text(std::optional<std::uint64_t>);

/// Status of `needed` against `available`; tight above `tight_above_percent` of it.
check_status status_of(std::uint64_t needed, std::optional<std::uint64_t> available,
                       unsigned tight_above_percent = 100);

/// Remedy text of an unknown value: names the file that cannot be read.
remedy unreadable_file(std::string file);

/// Remedy of last resort; 0: even the smallest fleet is too large.
remedy fewer_vehicles(std::uint64_t vehicles_max);

} // namespace loadsim::target
