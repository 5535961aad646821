#define _GNU_SOURCE
#include "modes.h"

#include "measurement.h"

#include <inttypes.h>

enum { small_fleet = 1000 };

void print_mark(const char* mark) {
    fprintf(stderr, "floor: %s\n", mark);
    fflush(stderr);
}

/// CPU time of connecting: without reading the files of the certificates.
static double connect_cpu_s(const struct fleet* f) {
    return cpu_s() - (f->tls != NULL ? f->tls->credentials_cpu_s : 0);
}

bool connect_fleet(struct fleet* f, const struct options* o, const char* mode) {
    const uint64_t resident_begin = resident_bytes();
    const double cpu_begin = connect_cpu_s(f);
    if (!fleet_open(f)) return false;
    uint64_t resident_small = 0;
    double cpu_small = 0;
    if (f->size > small_fleet) {
        if (!fleet_wait_online(f, small_fleet)) return false;
        resident_small = resident_bytes();
        cpu_small = connect_cpu_s(f);
    }
    if (!fleet_wait_online(f, f->size)) return false;
    const double cpu = connect_cpu_s(f) - cpu_begin;
    const double took = (double)(f->now - f->started_at) / 1e9;
    const uint64_t resident = resident_bytes();
    printf("{\"mode\":\"%s\",\"sessions\":%u,\"connect_s\":%.6f,\"connects_per_s\":%.1f,\"connect_cpu_s\":%.6f,"
           "\"cpu_per_connect_us\":%.3f,\"rss_begin\":%" PRIu64 ",\"rss_online\":%" PRIu64,
           mode, f->size, took, f->size / took, cpu, cpu / f->size * 1e6, resident_begin, resident);
    if (f->size > small_fleet)
        printf(",\"rss_at_1000\":%" PRIu64 ",\"bytes_per_session\":%.1f,\"cpu_per_connect_after_1000_us\":%.3f",
               resident_small, ((double)resident - (double)resident_small) / (f->size - small_fleet),
               (cpu_begin + cpu - cpu_small) / (f->size - small_fleet) * 1e6);
    if (f->tls != NULL) printf(",\"credentials_cpu_us\":%.3f", f->tls->credentials_cpu_s / f->size * 1e6);
    print_mark("online");
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
