// Many MQTT sessions on one thread and one epoll instance.
#ifndef LOADSIM_FLOOR_FLEET_H
#define LOADSIM_FLOOR_FLEET_H

#include "tls.h"
#include "wire.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum session_stage {
    stage_idle,
    stage_connecting,
    stage_securing,
    stage_mqtt_connecting,
    stage_subscribing,
    stage_online
};

/// Incomplete input and unsent output of a session; allocated only when needed.
struct pending_io {
    uint8_t* partial; ///< start of an incomplete packet
    size_t partial_size;
    uint8_t* unsent; ///< bytes that the socket did not accept
    size_t unsent_size;
};

struct session {
    struct pending_io* pending_io;
    int fd;
    uint32_t last_sent_ms; ///< since fleet_open()
    uint16_t packet_id;
    uint8_t stage;
    bool ping_outstanding;
};

struct fleet {
    struct session* sessions;
    uint32_t size;
    const char* controller; ///< client id of the last session, which is no vehicle; NULL: all sessions are vehicles
    const char* controller_filter; ///< topic filter of the controller
    struct sockaddr_storage broker;
    socklen_t broker_size;
    uint32_t connects_at_once;
    double connect_rate; ///< per second; 0: maximum rate
    uint16_t keep_alive_s;
    struct tls* tls; ///< NULL: plain TCP

    /// Handlers of a mode for received packets. Both may append to `out`, which is sent after all received packets are handled.
    void (*on_puback)(struct fleet*, uint32_t session);
    void (*on_publish)(struct fleet*, uint32_t session, const struct publish*);
    void* run;

    int epoll;
    struct output out;
    uint8_t* in;
    struct epoll_event* events;
    int64_t started_at; ///< ns
    int64_t now;        ///< ns, time of the last wake-up
    int64_t keep_alive_check_at;
    uint32_t next_connect, connecting, online, lost;
    uint64_t pings, pongs;
};

/// False: failed; the reason was printed to standard error.
bool fleet_open(struct fleet*);
/// Waits for events until `until` (ns) at most and handles them. Starts due connects and sends pings.
void fleet_poll(struct fleet*, int64_t until);
/// Polls until `wanted` sessions are online. False: a session was lost, or more than a minute passed (with TLS: and 20 ms a session).
bool fleet_wait_online(struct fleet*, uint32_t wanted);
/// Sends the content of `out` on a session.
void fleet_flush(struct fleet*, uint32_t session);
uint16_t fleet_packet_id(struct fleet*, uint32_t session);
/// Publishes presence "offline", sends DISCONNECT and closes all sessions.
void fleet_close(struct fleet*);

#endif
