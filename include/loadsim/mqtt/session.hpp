// One MQTT client session: bytes in, bytes and events out. No socket, no clock, no thread.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/mqtt/error.hpp>
#include <loadsim/mqtt/options.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

namespace loadsim::mqtt {

using bytes = std::vector<std::uint8_t>;
using byte_view = std::span<const std::uint8_t>;

/// An application message. The views live as long as the call that hands the message over.
struct message {
    std::string_view topic;
    std::string_view payload;
    qos quality = qos::at_most_once;
    bool retain = false;
    bool duplicate = false;                  ///< incoming: the DUP flag (3.3.1.1); outgoing: ignored
    std::string_view response_topic{};       ///< 5.0, 3.3.2.3.5; empty = absent
    std::string_view correlation_data{};     ///< 5.0, 3.3.2.3.6; empty = absent
    std::string_view content_type{};         ///< 5.0, 3.3.2.3.9
    std::uint32_t expiry_interval = 0;       ///< 5.0, 3.3.2.3.3, seconds; 0 = absent
};

struct will {
    std::string_view topic;
    std::string_view payload;
    qos quality = qos::at_most_once;
    bool retain = false;
    std::uint32_t delay_interval = 0;        ///< 5.0, seconds
};

/// Who connects. Handed over at every connect, so that an idle session stores none of it.
struct identity {
    std::string_view client_id;
    std::string_view user{};                 ///< empty = no user name
    std::string_view password{};             ///< empty = no password
    std::optional<mqtt::will> last_will{};
};

struct subscription {
    std::string_view filter;
    qos quality = qos::at_least_once;
};

/// What the server said in CONNACK (3.2), with the defaults of absent properties filled in.
struct server_limits {
    bool session_present = false;
    qos maximum_qos = qos::exactly_once;
    bool retain_available = true;
    std::uint16_t receive_maximum = 65535;
    std::uint32_t maximum_packet_size = 0;   ///< 0 = no limit
    std::chrono::seconds keep_alive{0};      ///< in force: the server's if it said one, else ours
};

class session;

/// What a session tells its owner, from inside receive(); never from anywhere else.
/// The session may be used (publish, subscribe, close) from inside; it must not be destroyed.
class session_events {
public:
    virtual ~session_events() = default;
    /// CONNACK with success.
    virtual void on_connected(session&, const server_limits&) = 0;
    /// A message arrived. For QoS 1 and 2 its acknowledgement is already in `out`. QoS 2: once per identifier.
    virtual void on_message(session&, const message&) = 0;
    /// One of our QoS 1 or 2 messages is done (PUBACK, PUBCOMP) or refused (reason >= 0x80).
    virtual void on_published(session&, std::uint16_t packet_id, reason) = 0;
    /// SUBACK, one reason per filter (granted QoS or >= 0x80).
    virtual void on_subscribed(session&, std::uint16_t packet_id, std::span<const reason>) = 0;
};

/// A client's session (MQTT 3.1.1 and 5.0, clauses named in the source).
///
/// Shape:   a few dozen bytes while idle; state of messages in flight is allocated when there are any and
///          freed when there are none. Survives the network connection: open() again resumes it.
/// Units:   instants on the caller's clock.
/// Errors:  an error_code from receive() or on_timer() means: send what `out` holds, then close the transport and
///          call transport_lost(). Calls that return an error_code otherwise leave the session as it was.
/// Threads: one.
class session {
public:
    explicit session(const session_options& options);
    session(session&&) noexcept;
    session& operator=(session&&) noexcept;
    ~session();

    enum class phase : std::uint8_t { closed, connecting, connected };
    phase state() const noexcept;

    /// A new network connection stands: appends CONNECT to `out`.
    /// With clean_start, or the first time, old state is dropped; else it is kept for the server to resume.
    void open(const identity&, monotonic_time now, bytes& out);

    struct received {
        std::size_t consumed = 0;   ///< whole packets only; present the rest again with more bytes behind it
        std::error_code error{};    ///< set: the session is over
    };
    /// Takes bytes from the network; appends replies to `out` and calls `events`.
    received receive(byte_view in, monotonic_time now, bytes& out, session_events& events);

    struct published {
        std::uint16_t packet_id = 0; ///< 0 for QoS 0
        std::error_code error{};
    };
    /// Sends a message, or queues it while the server's receive maximum is used up (a queued one already has its id).
    published publish(const message&, monotonic_time now, bytes& out);
    published subscribe(std::span<const subscription>, monotonic_time now, bytes& out);
    published unsubscribe(std::span<const std::string_view> filters, monotonic_time now, bytes& out);

    /// DISCONNECT (3.14). After it the transport is to be closed; the will is not sent when the reason is success.
    void close(reason, monotonic_time now, bytes& out);

    /// The network connection is gone. Keeps what a resumed session needs.
    void transport_lost() noexcept;

    /// The instant at which on_timer() has something to do; `never` when there is none.
    /// It only moves later while packets are exchanged, so a timer may be armed once and re-armed when it fires.
    monotonic_time next_deadline() const noexcept;
    /// PINGREQ when due (3.1.2.10); connack_timeout or keep_alive_timeout when those are overdue.
    std::error_code on_timer(monotonic_time now, bytes& out);

    /// Why the server refused or disconnected last.
    reason last_reason() const noexcept;
    /// Server Reference (5.0, 3.2.2.3.16) of the last refusal or disconnect; empty when it named none.
    std::string_view server_reference() const noexcept;
    /// QoS 1 and 2 messages of ours that are not acknowledged, queued ones included.
    std::size_t unacknowledged() const noexcept;

private:
    struct state_data;          // for the implementer to lay out; keep sizeof(session) <= 64
    std::unique_ptr<state_data> data_;
};

} // namespace loadsim::mqtt
