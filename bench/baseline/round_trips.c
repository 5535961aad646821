#define _GNU_SOURCE
#include "measurement.h"
#include "modes.h"

#include <inttypes.h>

struct round_trips {
    uint64_t done;
    bool finished;
};

static void publish(struct fleet* f, uint32_t session) {
    char vin[vin_size + 1];
    vin_of(vin, session);
    put_bench(&f->out, vin, fleet_packet_id(f, session));
}

static void on_puback(struct fleet* f, uint32_t session) {
    struct round_trips* r = f->run;
    ++r->done;
    if (!r->finished) publish(f, session);
}

int run_round_trips(struct fleet* f, const struct options* o) {
    struct round_trips r = {0, false};
    f->run = &r;
    f->on_puback = on_puback;
    if (!connect_fleet(f, o, "round-trips")) return 1;
    const uint32_t active = o->active == 0 || o->active > f->size ? f->size : o->active;
    const uint32_t stride = f->size / active; // evenly spread over the fleet
    for (uint32_t i = 0; i < active; ++i) {
        publish(f, i * stride);
        fleet_flush(f, i * stride);
    }
    int64_t end = now_ns() + (int64_t)(o->warm_up_s * 1e9);
    while (f->now < end) fleet_poll(f, end);
    const uint64_t done_before = r.done;
    const double cpu_before = cpu_s();
    const int64_t begin = f->now;
    end = begin + (int64_t)(o->seconds * 1e9);
    while (f->now < end) fleet_poll(f, end);
    const double took = (double)(f->now - begin) / 1e9;
    const uint64_t done = r.done - done_before;
    const double cpu = cpu_s() - cpu_before;
    r.finished = true;
    end = f->now + 200000000; // waits for messages in flight
    while (f->now < end) fleet_poll(f, end);
    printf(",\"active\":%u,\"seconds\":%.6f,\"round_trips\":%" PRIu64 ",\"round_trips_per_s\":%.1f,"
           "\"round_trips_cpu_s\":%.6f,\"cpu_per_round_trip_us\":%.4f",
           active, took, done, (double)done / took, cpu, done != 0 ? cpu / (double)done * 1e6 : 0.0);
    return finish(f);
}
