// Baseline client: a minimal correct MQTT client, the reference for loadsim's measurements; see bench/fleet.
#define _GNU_SOURCE
#include "modes.h"

#include <getopt.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

static void usage(void) {
    fprintf(stderr,
            "usage: floor_client connect|round-trips|exchange|telemetry --port PORT [options]\n"
            "  --host HOST          default 127.0.0.1\n"
            "  --sessions N         default 1000\n"
            "  --in-flight N        connects under way at once, default 64\n"
            "  --connect-rate R     connects a second, default 0: as fast as they come through\n"
            "  --keep-alive S       seconds, default 60\n"
            "  --hold S             connect: hold the sessions so long; exchange: before the first command; default 0\n"
            "  --linger S           exchange: hold them so long after the last answer, default 0\n"
            "  --seconds S          round-trips, exchange: measure so long, default 5\n"
            "  --warm-up S          round-trips, exchange: before that, default 1\n"
            "  --active W           round-trips: sessions with a message in flight, default 0: all\n"
            "  --per-second R       exchange: commands a second, telemetry: messages a second, default 1000\n"
            "  --qos Q              telemetry: 0 or 1, default 1\n"
            "  --tls FOLDER         mutual TLS 1.3 with the certificates that `loadsim certificates create` has "
            "written there\n");
}

static bool number(const char* text, double max, double* out) {
    char* end = NULL;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && *out >= 0 && *out <= max;
}

static bool parse(int count, char** arguments, struct options* o) {
    static const struct option known_options[] = {
        {"host", required_argument, NULL, 'h'},
        {"port", required_argument, NULL, 'p'},
        {"sessions", required_argument, NULL, 'n'},
        {"in-flight", required_argument, NULL, 'k'},
        {"connect-rate", required_argument, NULL, 'c'},
        {"keep-alive", required_argument, NULL, 'a'},
        {"hold", required_argument, NULL, 't'},
        {"linger", required_argument, NULL, 'l'},
        {"seconds", required_argument, NULL, 's'},
        {"warm-up", required_argument, NULL, 'w'},
        {"active", required_argument, NULL, 'i'},
        {"per-second", required_argument, NULL, 'r'},
        {"qos", required_argument, NULL, 'q'},
        {"tls", required_argument, NULL, 'm'},
        {NULL, 0, NULL, 0},
    };
    for (int c; (c = getopt_long(count, arguments, "", known_options, NULL)) != -1;) {
        double value = 0;
        if (c == 'h') {
            o->host = optarg;
            continue;
        }
        if (c == 'p') {
            o->port = optarg;
            continue;
        }
        if (c == 'm') {
            o->tls = optarg;
            continue;
        }
        if (c == '?' || !number(optarg, 1e6, &value)) return false;
        switch (c) {
        case 'n': o->sessions = (uint32_t)value; break;
        case 'k': o->in_flight = (uint32_t)value; break;
        case 'c': o->connect_rate = value; break;
        case 'a': o->keep_alive_s = (uint16_t)value; break;
        case 't': o->hold_s = value; break;
        case 'l': o->linger_s = value; break;
        case 's': o->seconds = value; break;
        case 'w': o->warm_up_s = value; break;
        case 'q': o->qos = value == 0 ? 0 : 1; break;
        case 'i': o->active = (uint32_t)value; break;
        default: o->per_second = value; break;
        }
    }
    return optind + 1 == count && o->port != NULL && o->sessions > 0 && o->in_flight > 0 && o->per_second > 0 &&
           o->keep_alive_s > 0 && o->seconds > 0;
}

static bool resolve_broker(const struct options* o, struct fleet* f) {
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo* found = NULL;
    const int error = getaddrinfo(o->host, o->port, &hints, &found);
    if (error != 0) {
        fprintf(stderr, "floor: %s:%s: %s\n", o->host, o->port, gai_strerror(error));
        return false;
    }
    memcpy(&f->broker, found->ai_addr, found->ai_addrlen);
    f->broker_size = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

int main(int count, char** arguments) {
    struct options o = {.host = "127.0.0.1",
                        .sessions = 1000,
                        .in_flight = 64,
                        .keep_alive_s = 60,
                        .seconds = 5,
                        .warm_up_s = 1,
                        .per_second = 1000,
                        .qos = 1};
    static const struct {
        const char* name;
        int (*run)(struct fleet*, const struct options*);
    } modes[] = {{"connect", run_connect}, {"round-trips", run_round_trips}, {"exchange", run_exchange},
                 {"telemetry", run_telemetry}};
    if (!parse(count, arguments, &o)) {
        usage();
        return 2;
    }
    for (size_t i = 0; i < sizeof modes / sizeof *modes; ++i) {
        if (strcmp(arguments[optind], modes[i].name) != 0) continue;
        struct tls tls = {.folder = o.tls};
        struct fleet f = {.size = o.sessions,
                          .connects_at_once = o.in_flight,
                          .connect_rate = o.connect_rate,
                          .keep_alive_s = o.keep_alive_s,
                          .tls = o.tls != NULL ? &tls : NULL};
        return resolve_broker(&o, &f) ? modes[i].run(&f, &o) : 1;
    }
    usage();
    return 2;
}
