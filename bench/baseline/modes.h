// The modes of the baseline client. Each prints one line of JSON.
#ifndef LOADSIM_FLOOR_RUNS_H
#define LOADSIM_FLOOR_RUNS_H

#include "fleet.h"

struct options {
    const char* host;
    const char* port;
    uint32_t sessions;
    uint32_t in_flight;  ///< pending connects at a time
    double connect_rate; ///< per second; 0: maximum rate
    uint16_t keep_alive_s;
    double hold_s;     ///< connect: time the sessions are held; exchange: idle time before the first command
    double linger_s;   ///< exchange: time the sessions are held after the last response
    double seconds;    ///< round-trips, exchange: measured duration
    double warm_up_s;  ///< round-trips, exchange: warm-up before the measurement
    uint32_t active;   ///< round-trips: sessions with a message in flight; 0: all
    double per_second; ///< exchange: commands per second; telemetry: messages per second
    uint8_t qos;       ///< telemetry: 0 or 1
    const char* tls;   ///< folder of certificates; NULL: plain TCP
};

/// Connects, subscribes and holds: the cost of a session.
int run_connect(struct fleet*, const struct options*);
/// Closed loop, one QoS 1 message in flight per active session: the cost of a round trip at saturation.
int run_round_trips(struct fleet*, const struct options*);
/// Open loop: a controller sends commands when due, vehicles respond, the controller receives the responses.
int run_exchange(struct fleet*, const struct options*);

/// Open loop: vehicles send telemetry when it is due, each in turn.
int run_telemetry(struct fleet*, const struct options*);

/// Prints a progress mark ("online") to standard error for the measuring parent process.
void print_mark(const char* mark);
/// Connects all sessions and prints the first part of the JSON line. False: not all sessions are online.
bool connect_fleet(struct fleet*, const struct options*, const char* mode);
/// Prints the last part of the JSON line and returns the exit code.
int finish(struct fleet*);

#endif
