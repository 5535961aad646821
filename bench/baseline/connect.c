#define _GNU_SOURCE
#include "measurement.h"
#include "modes.h"

int run_connect(struct fleet* f, const struct options* o) {
    if (!connect_fleet(f, o, "connect")) return 1;
    const double cpu = cpu_s();
    const int64_t end = f->now + (int64_t)(o->hold_s * 1e9);
    while (f->now < end) fleet_poll(f, end);
    printf(",\"hold_s\":%.3f,\"hold_cpu_s\":%.6f", o->hold_s, cpu_s() - cpu);
    return finish(f);
}
