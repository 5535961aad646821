#define _GNU_SOURCE
#include "measurement.h"
#include "modes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { flush_at = 16 * 1024 };

struct exchange {
    double per_second;
    int64_t start;
    uint64_t warm_up; ///< commands excluded from the measurement
    uint64_t total;     ///< all commands, warm-up included
    uint64_t sent, responses, duplicated;
    int64_t* latency; ///< due to response received, ns; -1: no response yet
    int64_t* lag;     ///< due to sent
    double cpu_after_warm_up;
    char name[32];
    char response_topic[64];
};

static int64_t due_of(const struct exchange* x, uint64_t n) {
    return x->start + (int64_t)((double)n / x->per_second * 1e9);
}

/// Sends every command that is due.
static void send_due(struct fleet* f, struct exchange* x) {
    const uint32_t controller = f->size - 1;
    while (x->sent < x->total) {
        const int64_t now = now_ns();
        const int64_t due = due_of(x, x->sent);
        if (due > now) break;
        if (x->sent == x->warm_up) x->cpu_after_warm_up = cpu_s();
        char vin[vin_size + 1];
        char id[64];
        // 7919 is prime: visits all vehicles, never two neighbours in a row.
        vin_of(vin, (uint32_t)(x->sent * 7919 % (f->size - 1)));
        snprintf(id, sizeof id, "%s-%" PRIu64, x->name, x->sent);
        put_command(&f->out, vin, fleet_packet_id(f, controller), x->response_topic, id, epoch_ms());
        x->lag[x->sent++] = now - due;
        if (f->out.size > flush_at) fleet_flush(f, controller);
    }
    fleet_flush(f, controller);
}

static void on_publish(struct fleet* f, uint32_t session, const struct publish* m) {
    struct exchange* x = f->run;
    const int64_t now = now_ns();
    if (session + 1 != f->size) {
        put_response(&f->out, m, fleet_packet_id(f, session), epoch_ms(), now / 1000);
        return;
    }
    const size_t name_size = strlen(x->name);
    uint64_t number = 0;
    for (size_t i = name_size + 1; i < m->correlation.size; ++i)
        number = number * 10 + (uint64_t)(m->correlation.data[i] - '0');
    if (number >= x->sent) return;
    if (x->latency[number] >= 0) ++x->duplicated;
    x->latency[number] = now - due_of(x, number);
    ++x->responses;
}

static void print_results(struct exchange* x, double cpu) {
    const uint64_t measured = x->total - x->warm_up;
    int64_t* latency = x->latency + x->warm_up;
    int64_t* lag = x->lag + x->warm_up;
    uint64_t responses = 0;
    for (uint64_t i = 0; i < measured; ++i)
        if (latency[i] >= 0) latency[responses++] = latency[i];
    sort_samples(latency, responses);
    sort_samples(lag, measured);
    printf(",\"per_second\":%.1f,\"exchanges\":%" PRIu64 ",\"unanswered\":%" PRIu64 ",\"twice\":%" PRIu64
           ",\"exchange_cpu_s\":%.6f,\"cpu_per_exchange_us\":%.3f",
           x->per_second, measured, measured - responses, x->duplicated, cpu, cpu / (double)measured * 1e6);
    printf(",\"latency_p50_us\":%.1f,\"latency_p99_us\":%.1f,\"latency_max_us\":%.1f,\"lag_p50_us\":%.1f,\"lag_p99_"
           "us\":%.1f,"
           "\"lag_max_us\":%.1f",
           percentile_us(latency, responses, 50), percentile_us(latency, responses, 99),
           percentile_us(latency, responses, 100), percentile_us(lag, measured, 50), percentile_us(lag, measured, 99),
           percentile_us(lag, measured, 100));
}

int run_exchange(struct fleet* f, const struct options* o) {
    struct exchange x = {.per_second = o->per_second};
    snprintf(x.name, sizeof x.name, "floor-c-%08x-0", (unsigned)getpid()); // same length as the client id of loadsim's driver
    snprintf(x.response_topic, sizeof x.response_topic, "loadsim/%s/rsp", x.name);
    x.warm_up = (uint64_t)(o->warm_up_s * o->per_second);
    x.total = x.warm_up + (uint64_t)(o->seconds * o->per_second);
    x.latency = malloc((x.total + 1) * sizeof *x.latency);
    x.lag = calloc(x.total + 1, sizeof *x.lag);
    if (x.latency == NULL || x.lag == NULL) return 1;
    for (uint64_t i = 0; i <= x.total; ++i) x.latency[i] = -1;
    f->run = &x;
    f->on_publish = on_publish;
    f->controller = x.name;
    f->controller_filter = x.response_topic;
    ++f->size; // session of the controller
    if (!connect_fleet(f, o, "exchange")) return 1;
    x.start = now_ns() + (int64_t)(o->hold_s * 1e9) + 50000000;
    while (x.sent < x.total) {
        fleet_poll(f, due_of(&x, x.sent));
        send_due(f, &x);
    }
    const int64_t response_deadline = f->now + 5000000000;
    while (x.responses < x.total && f->now < response_deadline) fleet_poll(f, response_deadline);
    print_results(&x, cpu_s() - x.cpu_after_warm_up);
    const int64_t end = f->now + (int64_t)(o->linger_s * 1e9);
    while (f->now < end) fleet_poll(f, end);
    free(x.latency);
    free(x.lag);
    return finish(f);
}
