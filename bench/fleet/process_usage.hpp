// Resource usage of another process, measured from outside in the same way for every competitor.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace loadsim::bench {

/// User and system time of all threads, ended ones included. 0 when there is no such process.
double cpu_seconds(pid_t);
/// Resident memory from smaps_rollup, which is exact; statm may be off by several hundred kilobytes.
std::uint64_t resident_bytes(pid_t);
std::uint64_t open_files(pid_t);

} // namespace loadsim::bench
