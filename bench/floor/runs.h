// The three things that the floor can be asked to do. Each prints one line of JSON.
#ifndef LOADSIM_FLOOR_RUNS_H
#define LOADSIM_FLOOR_RUNS_H

#include "fleet.h"

struct options {
    const char* host;
    const char* port;
    uint32_t sessions;
    uint32_t in_flight;  ///< connects under way at once
    double connect_rate; ///< a second; 0: as fast as they come through
    uint16_t keep_alive_s;
    double hold_s;     ///< connect: how long the sessions are held; exchange: before the first command
    double linger_s;   ///< exchange: how long the sessions are held after the last answer
    double seconds;    ///< round-trips, exchange: how long it is measured
    double warm_up_s;  ///< round-trips, exchange: before that
    uint32_t active;   ///< round-trips: sessions with a message in flight; 0: all
    double per_second; ///< exchange: commands a second
};

/// Connect, subscribe, hold: what a session costs.
int run_connect(struct fleet*, const struct options*);
/// Each active session has always one QoS 1 message in flight: what a round trip costs at saturation.
int run_round_trips(struct fleet*, const struct options*);
/// Open loop: a controller sends commands when they are due, vehicles answer, the controller gets the answers.
int run_exchange(struct fleet*, const struct options*);

/// Tells whoever started us where we are ("online"), so that it can look at us from outside.
void say_mark(const char* mark);
/// Connects everybody and prints the first part of the JSON line, without its end. False: not all came on line.
bool bring_up(struct fleet*, const struct options*, const char* mode);
/// Prints the last part of the JSON line; gives the exit code.
int finish(struct fleet*);

#endif
