// Measurement functions: time, CPU, memory, percentiles.
#ifndef LOADSIM_FLOOR_FIGURES_H
#define LOADSIM_FLOOR_FIGURES_H

#include <stddef.h>
#include <stdint.h>

int64_t now_ns(void);
/// Milliseconds since the epoch, for payloads.
int64_t epoch_ms(void);
/// User and system time of this process.
double cpu_s(void);
/// Resident memory from smaps_rollup, which is exact: /proc/self/statm may be off by more than the baseline uses.
uint64_t resident_bytes(void);

void sort_samples(int64_t* samples, size_t count);
/// Percentile of sorted samples in nanoseconds, returned in microseconds; 0 without samples.
double percentile_us(const int64_t* sorted, size_t count, double percent);

#endif
