// What a process has used, seen from outside: the same for every contender, whatever it says of itself.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace loadsim::bench {

/// User and system time of all its threads, those that have ended too. 0 when there is no such process.
double cpu_seconds(pid_t);
/// Resident memory, counted page by page: the quick figure of statm may be off by some hundred kilobytes.
std::uint64_t resident_bytes(pid_t);
std::uint64_t open_files(pid_t);

} // namespace loadsim::bench
