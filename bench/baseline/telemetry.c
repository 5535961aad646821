#define _GNU_SOURCE
#include "measurement.h"
#include "modes.h"

#include <inttypes.h>
#include <stdlib.h>

enum { flush_at_most = 64 }; ///< messages before the received packets are handled again

struct telemetry {
    double per_second;
    int64_t start;
    uint64_t total, sent, acknowledged;
    int64_t* lag; ///< due to sent, ns
    uint8_t qos;
};

static int64_t message_due(const struct telemetry* t, uint64_t n) {
    return t->start + (int64_t)((double)n / t->per_second * 1e9);
}

/// Sends what is due, each message on the session of the next vehicle.
static void send_due_messages(struct fleet* f, struct telemetry* t) {
    for (int n = 0; n < flush_at_most && t->sent < t->total; ++n) {
        const int64_t now = now_ns();
        const int64_t due = message_due(t, t->sent);
        if (due > now) return;
        const uint32_t session = (uint32_t)(t->sent % f->size);
        char vin[vin_size + 1];
        vin_of(vin, session);
        put_telemetry(&f->out, vin, t->qos == 0 ? 0 : fleet_packet_id(f, session), t->sent / f->size + 1, epoch_ms());
        t->lag[t->sent++] = now - due;
        fleet_flush(f, session);
    }
}

static void on_message_puback(struct fleet* f, uint32_t session) {
    (void)session;
    struct telemetry* t = f->run;
    ++t->acknowledged;
}

int run_telemetry(struct fleet* f, const struct options* o) {
    struct telemetry t = {.per_second = o->per_second, .qos = o->qos};
    t.total = (uint64_t)(o->seconds * o->per_second);
    t.lag = calloc(t.total + 1, sizeof *t.lag);
    if (t.lag == NULL) return 1;
    f->run = &t;
    f->on_puback = on_message_puback;
    if (!connect_fleet(f, o, "telemetry")) return 1;
    t.start = now_ns() + (int64_t)(o->hold_s * 1e9);
    while (t.sent < t.total) {
        fleet_poll(f, message_due(&t, t.sent));
        send_due_messages(f, &t);
    }
    const uint64_t expected = t.qos == 0 ? 0 : t.total;
    const int64_t deadline = f->now + 5000000000;
    while (t.acknowledged < expected && f->now < deadline) fleet_poll(f, deadline);
    sort_samples(t.lag, t.total);
    printf(",\"per_second\":%.1f,\"messages\":%" PRIu64 ",\"unacknowledged\":%" PRIu64
           ",\"lag_p99_us\":%.1f,\"lag_max_us\":%.1f",
           t.per_second, t.total, expected - t.acknowledged, percentile_us(t.lag, t.total, 99),
           percentile_us(t.lag, t.total, 100));
    const int64_t end = f->now + (int64_t)(o->linger_s * 1e9);
    while (f->now < end) fleet_poll(f, end);
    free(t.lag);
    return finish(f);
}
