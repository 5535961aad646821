// The checks of the preflight, each by its topic. All pure.
#pragma once

#include <loadsim/target/preflight.hpp>

#include <optional>

namespace loadsim::target {

check check_open_files(const needs&, const machine&);
check check_files_of_all(const needs&, const machine&);
check check_source_ports(const needs&, const machine&);
check check_listen_backlog(const needs&, const machine&);
check check_tcp_memory(const needs&, const machine&);
check check_memory(const needs&, const machine&);
std::optional<check> check_conntrack(const needs&, const machine&); ///< empty: the kernel does not track connections

/// "28232", "unlimited", "unknown".
std::string number_text(std::optional<std::uint64_t>);
std::string memory_text(std::optional<std::uint64_t>);

/// Against what there is; above `comfortable`, a share of it in percent, it is tight.
fit judge(std::uint64_t needed, std::optional<std::uint64_t> available, unsigned comfortable = 100);

/// What cannot be read is said with its place, so that somebody can look.
remedy unreadable(std::string place);

/// The last resort; 0: even the smallest fleet is too large.
remedy fewer_vehicles(std::uint64_t most);

} // namespace loadsim::target
