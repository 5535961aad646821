// What is measured: time, CPU, memory, percentiles.
#ifndef LOADSIM_FLOOR_FIGURES_H
#define LOADSIM_FLOOR_FIGURES_H

#include <stddef.h>
#include <stdint.h>

int64_t now_ns(void);
/// Since the epoch, for what the payloads say.
int64_t wall_ms(void);
/// User and system time of this process.
double cpu_s(void);
/// Resident memory, exactly: /proc/self/statm may be off by some hundred kilobytes, which is more than the floor needs.
uint64_t resident_bytes(void);

void sort_samples(int64_t* samples, size_t count);
/// Of sorted samples, in microseconds; 0 when there are none.
double percentile_us(const int64_t* sorted, size_t count, double percent);

#endif
