#define _GNU_SOURCE
#include "measurement.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t epoch_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

double cpu_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); // same value as getrusage, in nanoseconds
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

uint64_t resident_bytes(void) {
    unsigned long kilobytes = 0;
    FILE* file = fopen("/proc/self/smaps_rollup", "r");
    if (file == NULL) return 0;
    char line[256];
    while (fgets(line, sizeof line, file) != NULL && sscanf(line, "Rss: %lu", &kilobytes) != 1) {}
    fclose(file);
    return (uint64_t)kilobytes * 1024;
}

static int by_value(const void* left, const void* right) {
    const int64_t a = *(const int64_t*)left;
    const int64_t b = *(const int64_t*)right;
    return (a > b) - (a < b);
}

void sort_samples(int64_t* samples, size_t count) { qsort(samples, count, sizeof *samples, by_value); }

double percentile_us(const int64_t* sorted, size_t count, double percent) {
    if (count == 0) return 0;
    const size_t rank = (size_t)((percent * (double)count + 99.999999) / 100.0); // nearest-rank method
    return (double)sorted[rank == 0 ? 0 : rank > count ? count - 1 : rank - 1] / 1e3;
}
