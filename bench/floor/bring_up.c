#define _GNU_SOURCE
#include "runs.h"

#include "figures.h"

#include <inttypes.h>

enum { few = 1000 };

void say_mark(const char* mark) {
    fprintf(stderr, "floor: %s\n", mark);
    fflush(stderr);
}

bool bring_up(struct fleet* f, const struct options* o, const char* mode) {
    const uint64_t resident_begin = resident_bytes();
    const double cpu_begin = cpu_s();
    if (!fleet_open(f)) return false;
    uint64_t resident_few = 0;
    double cpu_few = 0;
    if (f->size > few) {
        if (!fleet_reach(f, few)) return false;
        resident_few = resident_bytes();
        cpu_few = cpu_s();
    }
    if (!fleet_reach(f, f->size)) return false;
    const double cpu = cpu_s() - cpu_begin;
    const double took = (double)(f->now - f->begun) / 1e9;
    const uint64_t resident = resident_bytes();
    printf("{\"mode\":\"%s\",\"sessions\":%u,\"connect_s\":%.6f,\"connects_per_s\":%.1f,\"connect_cpu_s\":%.6f,"
           "\"cpu_per_connect_us\":%.3f,\"rss_begin\":%" PRIu64 ",\"rss_online\":%" PRIu64,
           mode, f->size, took, f->size / took, cpu, cpu / f->size * 1e6, resident_begin, resident);
    if (f->size > few)
        printf(",\"rss_at_1000\":%" PRIu64 ",\"bytes_per_session\":%.1f,\"cpu_per_connect_after_1000_us\":%.3f",
               resident_few, ((double)resident - (double)resident_few) / (f->size - few),
               (cpu_begin + cpu - cpu_few) / (f->size - few) * 1e6);
    say_mark("online");
    (void)o;
    return true;
}

int finish(struct fleet* f) {
    const uint32_t lost = f->lost;
    printf(",\"pings\":%" PRIu64 ",\"pongs\":%" PRIu64 ",\"lost\":%u,\"cpu_s\":%.6f}\n", f->pings, f->pongs, lost,
           cpu_s());
    fflush(stdout);
    fleet_close(f);
    return lost == 0 ? 0 : 1;
}
