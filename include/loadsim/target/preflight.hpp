// Whether the machine can carry the run, before anything is opened.
#pragma once

#include <loadsim/base/result.hpp>

#include <cstdint>

namespace loadsim::target {

/// How many files this process may open: the soft limit, raised to the hard one first.
std::uint64_t raise_open_file_limit();

/// How many connections one address of ours may have to one broker: the kernel's range of source ports.
std::uint64_t source_ports();

/// Errors: more sessions than source ports.
result<void> check_source_ports(std::uint64_t sessions, std::uint64_t ports);

/// Errors: the run needs more open files than `limit`; says what closes the difference.
result<void> check_open_files(std::uint64_t needed, std::uint64_t limit);

} // namespace loadsim::target
