#define _GNU_SOURCE
#include "fleet.h"

#include "measurement.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { in_size = 64 * 1024, out_size = 256 * 1024, events_at_once = 512, ping_response_timeout_ms = 10000 };
static const int64_t second = 1000000000;

static void fail(const char* what, int error) {
    fprintf(stderr, "floor: %s%s%s\n", what, error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
}

bool fleet_open(struct fleet* f) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
        if (files.rlim_cur < (rlim_t)f->size + 16) {
            fail("not enough open files for so many sessions: raise ulimit -Hn", 0);
            return false;
        }
    }
    prctl(PR_SET_TIMERSLACK, 1UL);
    f->epoll = epoll_create1(EPOLL_CLOEXEC);
    f->sessions = calloc(f->size, sizeof *f->sessions);
    f->in = malloc(in_size);
    f->out.data = malloc(out_size);
    f->events = calloc(events_at_once, sizeof *f->events);
    if (f->epoll < 0 || f->sessions == NULL || f->in == NULL || f->out.data == NULL || f->events == NULL) {
        fail("cannot begin", errno);
        return false;
    }
    if (f->tls != NULL) {
        char address[INET6_ADDRSTRLEN];
        getnameinfo((const struct sockaddr*)&f->broker, f->broker_size, address, sizeof address, NULL, 0,
                    NI_NUMERICHOST);
        if (!tls_open(f->tls, address, f->size)) return false;
    }
    f->started_at = f->now = now_ns();
    f->keep_alive_check_at = f->started_at + second;
    return true;
}

static bool is_controller(const struct fleet* f, uint32_t index) {
    return f->controller != NULL && index + 1 == f->size;
}

/// Closes a failed session for good and counts it as lost, which invalidates the run.
static void drop_session(struct fleet* f, uint32_t index, const char* why, int error) {
    struct session* s = &f->sessions[index];
    if (s->stage == stage_idle) return;
    if (f->lost++ == 0) fail(why, error);
    if (s->stage < stage_subscribing) --f->connecting;
    if (s->stage == stage_online) --f->online;
    s->stage = stage_idle;
    if (f->tls != NULL) tls_release(f->tls, index);
    close(s->fd);
    s->fd = -1;
    if (s->pending_io != NULL) {
        free(s->pending_io->partial);
        free(s->pending_io->unsent);
        free(s->pending_io);
        s->pending_io = NULL;
    }
}

static struct pending_io* pending_of(struct session* s) {
    if (s->pending_io == NULL) s->pending_io = calloc(1, sizeof *s->pending_io);
    if (s->pending_io == NULL) abort();
    return s->pending_io;
}

/// Appends to a heap block.
static void append_block(uint8_t** block, size_t* size, const uint8_t* data, size_t more) {
    if (more == 0) return;
    uint8_t* grown = realloc(*block, *size + more);
    if (grown == NULL) abort();
    memcpy(grown + *size, data, more);
    *block = grown;
    *size += more;
}

static void drop_front(uint8_t** block, size_t* size, size_t front) {
    *size -= front;
    if (*size != 0) {
        memmove(*block, *block + front, *size);
        return;
    }
    free(*block);
    *block = NULL;
}

static void release_pending(struct session* s) {
    if (s->pending_io == NULL || s->pending_io->partial != NULL || s->pending_io->unsent != NULL) return;
    free(s->pending_io);
    s->pending_io = NULL;
}

static ssize_t send_bytes(struct fleet* f, uint32_t index, const uint8_t* data, size_t size) {
    return f->tls != NULL ? tls_send(f->tls, index, data, size) : send(f->sessions[index].fd, data, size, MSG_NOSIGNAL);
}

/// With TLS events are level-triggered: so a session need not read until the socket is empty, which takes a system call more.
static void watch(struct fleet* f, uint32_t index, uint32_t events) {
    struct epoll_event event = {.events = events, .data = {.u32 = index}};
    epoll_ctl(f->epoll, EPOLL_CTL_MOD, f->sessions[index].fd, &event);
}

void fleet_flush(struct fleet* f, uint32_t index) {
    struct session* s = &f->sessions[index];
    const size_t size = f->out.size;
    f->out.size = 0;
    if (size == 0 || s->stage == stage_idle) return;
    s->last_sent_ms = (uint32_t)((f->now - f->started_at) / 1000000);
    size_t sent = 0;
    if (s->pending_io == NULL || s->pending_io->unsent == NULL) {
        const ssize_t taken = send_bytes(f, index, f->out.data, size);
        if (taken < 0 && errno != EAGAIN) {
            drop_session(f, index, "cannot send", errno);
            return;
        }
        if (taken > 0) sent = (size_t)taken;
        if (sent == size) return;
    }
    struct pending_io* pending_io = pending_of(s); // the socket buffer is full: EPOLLOUT follows
    append_block(&pending_io->unsent, &pending_io->unsent_size, f->out.data + sent, size - sent);
    if (f->tls != NULL) watch(f, index, EPOLLIN | EPOLLOUT);
}

static void flush_unsent(struct fleet* f, uint32_t index) {
    struct session* s = &f->sessions[index];
    if (s->pending_io == NULL || s->pending_io->unsent == NULL) return;
    const ssize_t taken = send_bytes(f, index, s->pending_io->unsent, s->pending_io->unsent_size);
    if (taken < 0 && errno != EAGAIN) {
        drop_session(f, index, "cannot send", errno);
        return;
    }
    if (taken > 0) drop_front(&s->pending_io->unsent, &s->pending_io->unsent_size, (size_t)taken);
    if (f->tls != NULL && s->pending_io->unsent == NULL) watch(f, index, EPOLLIN);
    release_pending(s);
}

uint16_t fleet_packet_id(struct fleet* f, uint32_t index) {
    struct session* s = &f->sessions[index];
    if (++s->packet_id == 0) s->packet_id = 1; // 2.2.1: never 0
    return s->packet_id;
}

static void start_connect(struct fleet* f, uint32_t index) {
    struct session* s = &f->sessions[index];
    const int on = 1;
    s->stage = stage_connecting;
    ++f->connecting;
    s->fd = socket(f->broker.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0) {
        drop_session(f, index, "no socket", errno);
        return;
    }
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(s->fd, (const struct sockaddr*)&f->broker, f->broker_size) != 0 && errno != EINPROGRESS) {
        drop_session(f, index, "cannot connect", errno);
        return;
    }
    // Without TLS registered once per socket: edge-triggered events need no re-arming.
    struct epoll_event event = {.events = f->tls != NULL ? EPOLLOUT : EPOLLIN | EPOLLOUT | EPOLLET,
                                .data = {.u32 = index}};
    if (epoll_ctl(f->epoll, EPOLL_CTL_ADD, s->fd, &event) != 0) drop_session(f, index, "cannot be watched", errno);
}

static void open_mqtt(struct fleet* f, uint32_t index) {
    char vin[vin_size + 1];
    f->sessions[index].stage = stage_mqtt_connecting;
    if (is_controller(f, index)) {
        put_connect(&f->out, f->controller, f->keep_alive_s, NULL);
    } else {
        vin_of(vin, index);
        put_connect(&f->out, vin, f->keep_alive_s, vin);
    }
    fleet_flush(f, index);
}

static void continue_handshake(struct fleet* f, uint32_t index) {
    if (tls_handshake(f->tls, index) == 0)
        open_mqtt(f, index);
    else if (errno != EAGAIN)
        drop_session(f, index, "the TLS handshake fails", errno);
}

static void on_connected(struct fleet* f, uint32_t index) {
    char vin[vin_size + 1];
    if (f->tls == NULL) {
        open_mqtt(f, index);
        return;
    }
    vin_of(vin, index);
    f->sessions[index].stage = stage_securing;
    watch(f, index, EPOLLIN);
    if (tls_attach(f->tls, index, f->sessions[index].fd, vin))
        continue_handshake(f, index);
    else
        drop_session(f, index, "no TLS session", 0);
}

static void on_connack(struct fleet* f, uint32_t index) {
    char vin[vin_size + 1];
    char filter[64];
    f->sessions[index].stage = stage_subscribing;
    --f->connecting;
    if (is_controller(f, index)) {
        put_subscribe(&f->out, fleet_packet_id(f, index), f->controller_filter);
        return;
    }
    vin_of(vin, index);
    snprintf(filter, sizeof filter, "v1/%s/cmd/#", vin);
    put_subscribe(&f->out, fleet_packet_id(f, index), filter);
    put_presence(&f->out, vin, "online");
}

/// False: the session was closed.
static bool handle_packet(struct fleet* f, uint32_t index, uint8_t first, struct bytes body) {
    struct session* s = &f->sessions[index];
    struct publish message;
    switch (first & 0xF0) {
    case packet_connack:
        if (s->stage != stage_mqtt_connecting || body.size < 2 || body.data[1] != 0) break;
        on_connack(f, index);
        return true;
    case packet_suback:
        if (s->stage != stage_subscribing || body.size < 4 || body.data[body.size - 1] >= 0x80) break;
        s->stage = stage_online;
        ++f->online;
        return true;
    case packet_puback:
        if (body.size < 2 || (body.size > 2 && body.data[2] >= 0x80)) break;
        if (f->on_puback != NULL) f->on_puback(f, index);
        return true;
    case packet_publish:
        if (!read_publish(first, body, &message)) break;
        if (message.packet_id != 0) put_puback(&f->out, message.packet_id);
        if (f->on_publish != NULL) f->on_publish(f, index, &message);
        return true;
    case packet_pingresp:
        s->ping_outstanding = false;
        ++f->pongs;
        return true;
    default: break;
    }
    drop_session(f, index, "the broker refuses, disconnects or is not understood", 0);
    return false;
}

/// Number of bytes of complete packets in `in`; SIZE_MAX: the session was closed.
static size_t handle_packets(struct fleet* f, uint32_t index, struct bytes in) {
    size_t done = 0;
    while (done < in.size) {
        const struct bytes pending_io = {in.data + done, in.size - done};
        size_t body = 0;
        const size_t length = packet_length(pending_io, &body);
        if (length == SIZE_MAX) {
            drop_session(f, index, "the broker sends what is no packet", 0);
            return SIZE_MAX;
        }
        if (length == 0 || length > pending_io.size) break;
        if (!handle_packet(f, index, pending_io.data[0], (struct bytes){pending_io.data + body, length - body}))
            return SIZE_MAX;
        done += length;
    }
    return done;
}

static void on_readable(struct fleet* f, uint32_t index) {
    struct session* s = &f->sessions[index];
    ssize_t size;
    bool more;
    do {
        size = f->tls != NULL ? tls_receive(f->tls, index, f->in, in_size) : recv(s->fd, f->in, in_size, 0);
        if (size < 0 && errno == EAGAIN) return;
        if (size <= 0) {
            drop_session(f, index, "the broker closes a connection", size < 0 ? errno : 0);
            return;
        }
        struct bytes arrived = {f->in, (size_t)size};
        if (s->pending_io != NULL && s->pending_io->partial != NULL) {
            append_block(&s->pending_io->partial, &s->pending_io->partial_size, f->in, (size_t)size);
            arrived = (struct bytes){s->pending_io->partial, s->pending_io->partial_size};
        }
        const size_t done = handle_packets(f, index, arrived);
        if (done == SIZE_MAX) {
            f->out.size = 0;
            return;
        }
        if (s->pending_io != NULL && s->pending_io->partial != NULL) {
            drop_front(&s->pending_io->partial, &s->pending_io->partial_size, done);
            release_pending(s);
        } else if (done < arrived.size) {
            struct pending_io* pending_io = pending_of(s);
            append_block(&pending_io->partial, &pending_io->partial_size, arrived.data + done, arrived.size - done);
        }
        fleet_flush(f, index);
        if (s->stage == stage_idle) return;
        // Edge-triggered: read until the socket is empty. TLS: all records that are in memory.
        more = f->tls != NULL ? tls_has_more(f->tls, index) : size == in_size;
    } while (more);
}

static void on_event(struct fleet* f, uint32_t index, uint32_t events) {
    struct session* s = &f->sessions[index];
    if (s->stage == stage_idle) return;
    if (s->stage == stage_connecting) {
        if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
            int error = 0;
            socklen_t size = sizeof error;
            getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size);
            drop_session(f, index, "cannot connect", error);
        } else if ((events & EPOLLOUT) != 0) {
            on_connected(f, index);
        }
        return;
    }
    if (s->stage == stage_securing) {
        continue_handshake(f, index);
        return;
    }
    if ((events & EPOLLOUT) != 0) flush_unsent(f, index);
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0 && s->stage != stage_idle) on_readable(f, index);
}

/// Starts the connects that are due. Returns the due time of the next one, or INT64_MAX when none is scheduled.
static int64_t start_due_connects(struct fleet* f) {
    while (f->next_connect < f->size && f->connecting < f->connects_at_once) {
        if (f->connect_rate > 0) {
            const int64_t due = f->started_at + (int64_t)((double)f->next_connect / f->connect_rate * 1e9);
            if (due > f->now) return due;
        }
        start_connect(f, f->next_connect++);
    }
    return INT64_MAX;
}

/// Once a second: sends keep-alive pings (3.1.2.10) and closes sessions without a ping response.
static void check_keep_alive(struct fleet* f) {
    const uint32_t now_ms = (uint32_t)((f->now - f->started_at) / 1000000);
    f->keep_alive_check_at = f->now + second;
    for (uint32_t i = 0; i < f->next_connect; ++i) {
        struct session* s = &f->sessions[i];
        const uint32_t quiet_ms = now_ms - s->last_sent_ms;
        if (s->stage != stage_online) continue;
        if (s->ping_outstanding && quiet_ms >= ping_response_timeout_ms) {
            drop_session(f, i, "a ping is not answered", 0);
        } else if (!s->ping_outstanding && quiet_ms >= f->keep_alive_s * 1000U) {
            s->ping_outstanding = true;
            ++f->pings;
            put_pingreq(&f->out);
            fleet_flush(f, i);
        }
    }
}

void fleet_poll(struct fleet* f, int64_t until) {
    const int64_t connect_at = start_due_connects(f);
    if (connect_at < until) until = connect_at;
    if (f->keep_alive_check_at < until) until = f->keep_alive_check_at;
    const int64_t now = now_ns(); // f->now is outdated after the work since the wake-up
    const int64_t wait = until > now ? until - now : 0;
    const struct timespec timeout = {.tv_sec = wait / second, .tv_nsec = wait % second};
    const int count = epoll_pwait2(f->epoll, f->events, events_at_once, &timeout, NULL);
    f->now = now_ns();
    for (int i = 0; i < count; ++i) on_event(f, f->events[i].data.u32, f->events[i].events);
    if (f->now >= f->keep_alive_check_at) check_keep_alive(f);
}

bool fleet_wait_online(struct fleet* f, uint32_t wanted) {
    int64_t spare = f->connect_rate > 0 ? (int64_t)(f->size / f->connect_rate * 1e9) : 0;
    if (f->tls != NULL) spare += f->size * (second / 50); // a handshake takes milliseconds of both ends on a busy machine
    const int64_t give_up = f->now + 60 * second + spare;
    while (f->online < wanted && f->lost == 0 && f->now < give_up) fleet_poll(f, give_up);
    if (f->online < wanted && f->lost == 0) fail("not all sessions are online in time", 0);
    return f->online >= wanted;
}

void fleet_close(struct fleet* f) {
    char vin[vin_size + 1];
    for (uint32_t i = 0; i < f->size; ++i) {
        if (f->sessions[i].stage == stage_idle) continue;
        if (!is_controller(f, i)) {
            vin_of(vin, i);
            put_presence(&f->out, vin, "offline");
        }
        put_disconnect(&f->out);
        fleet_flush(f, i);
        if (f->sessions[i].stage == stage_idle) continue;
        if (f->tls != NULL) tls_release(f->tls, i);
        close(f->sessions[i].fd);
        f->sessions[i].stage = stage_idle;
    }
}
