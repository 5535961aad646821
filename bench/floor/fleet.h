// Many MQTT sessions in one thread, with one epoll.
#ifndef LOADSIM_FLOOR_FLEET_H
#define LOADSIM_FLOOR_FLEET_H

#include "wire.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum session_stage { stage_idle, stage_connecting, stage_greeting, stage_subscribing, stage_online };

/// What is left over of a read or a write. Hardly ever there.
struct rest {
    uint8_t* partial; ///< the beginning of a packet
    size_t partial_size;
    uint8_t* unsent; ///< what the socket did not take
    size_t unsent_size;
};

struct session {
    struct rest* rest;
    int fd;
    uint32_t last_sent_ms; ///< since the fleet began
    uint16_t packet_id;
    uint8_t stage;
    bool ping_out;
};

struct fleet {
    struct session* sessions;
    uint32_t size;
    const char* controller;        ///< not NULL: the last session is no vehicle, but has this name
    const char* controller_filter; ///< and subscribes to this
    struct sockaddr_storage broker;
    socklen_t broker_size;
    uint32_t connects_at_once;
    double connect_rate; ///< a second; 0: as fast as they come through
    uint16_t keep_alive_s;

    /// What a run does with what arrives. Both may append to `out`; it is sent when all that was read is dealt with.
    void (*on_puback)(struct fleet*, uint32_t session);
    void (*on_publish)(struct fleet*, uint32_t session, const struct publish*);
    void* run;

    int epoll;
    struct output out;
    uint8_t* in;
    struct epoll_event* events;
    int64_t begun; ///< ns
    int64_t now;   ///< ns, of the last wake-up
    int64_t sweep_at;
    uint32_t next_connect, connecting, online, lost;
    uint64_t pings, pongs;
};

/// False: said on standard error why.
bool fleet_open(struct fleet*);
/// Sleeps until something happens, at most until `until` (ns), and deals with it. Connects whom it may, sends pings.
void fleet_turn(struct fleet*, int64_t until);
/// Turns until `wanted` sessions are on line. False: one was lost, or it took more than a minute.
bool fleet_reach(struct fleet*, uint32_t wanted);
/// Sends what was appended to `out`.
void fleet_flush(struct fleet*, uint32_t session);
uint16_t fleet_packet_id(struct fleet*, uint32_t session);
/// Presence "offline", DISCONNECT, close.
void fleet_close(struct fleet*);

#endif
