// MQTT client session without I/O: bytes in, bytes and events out. No socket, no clock, no thread.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/mqtt/error.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/mqtt/options.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

namespace loadsim::mqtt {

/// Client identity of a CONNECT. Passed at every connect, so that an idle session does not store it.
/// Strings are UTF-8 and at most 65535 bytes, the will's topic is a topic name: see session::open().
struct identity {
    std::string_view client_id;
    std::string_view user{};     ///< empty = no user name
    std::string_view password{}; ///< empty = no password
    std::optional<mqtt::will> last_will{};
};

/// Limits of the server in CONNACK (3.2), with defaults for absent properties.
struct server_limits {
    bool session_present = false;
    qos maximum_qos = qos::exactly_once;
    bool retain_available = true;
    bool wildcard_subscriptions = true;
    bool shared_subscriptions = true;
    bool subscription_identifiers = true; ///< not used by this client
    std::uint16_t receive_maximum = 65535;
    std::uint16_t topic_alias_maximum = 0;  ///< not used by this client
    std::uint32_t maximum_packet_size = 0;  ///< 0 = no limit
    std::chrono::seconds keep_alive{0};     ///< in force: the server's if it sent one, else the client's
    std::chrono::seconds session_expiry{0}; ///< in force; 3.1.1: 0
    std::string_view assigned_client_id{};  ///< after a CONNECT without client id; valid during on_connected()
};

/// Reason for which a server with these limits does not support a subscription to that filter; success: it does.
reason subscription_refusal(const server_limits&, std::string_view filter) noexcept;

class session;
class properties;
struct ack_packet;
struct frame;
struct outgoing;

/// Events of a session, called from inside receive() only.
/// A handler may use the session (publish, subscribe, close) but not destroy it.
class session_events {
public:
    virtual ~session_events() = default;
    /// CONNACK with success. session_present = 0: subscribe (again), the server has no subscriptions.
    virtual void on_connected(session&, const server_limits&) = 0;
    /// A message arrived. For QoS 1 and 2 its acknowledgement is already in `out`. QoS 2: once per identifier.
    virtual void on_message(session&, const message&) = 0;
    /// A published QoS 1 or 2 message is complete (PUBACK, PUBCOMP) or refused (reason >= 0x80).
    /// Also, before on_connected: unspecified_error for each message that an earlier connection left unacknowledged when
    /// the server has lost the session; packet_too_large, qos_not_supported or retain_not_supported when a resumed
    /// session may no longer send it.
    virtual void on_published(session&, std::uint16_t packet_id, reason) = 0;
    /// The server acknowledged a QoS 2 message with PUBACK, as for QoS 1 (at least once); on_published() follows.
    virtual void on_downgraded(session&, std::uint16_t /*packet_id*/) {}
    /// SUBACK, one reason per filter (granted QoS or >= 0x80).
    virtual void on_subscribed(session&, std::uint16_t packet_id, std::span<const reason>) = 0;
};

/// A client's session (MQTT 3.1.1 and 5.0, clauses named in the source).
///
/// Shape:   a few dozen bytes while idle; state of messages in flight is allocated when there are any and
///          freed when there are none. Survives the network connection: open() again resumes it.
/// Units:   time points of the caller's clock.
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

    /// To be called when a network connection is established: appends CONNECT to `out`.
    /// With clean_start, or the first time, old state is dropped; else it is kept for the server to resume.
    /// 5.0: without state to resume, CONNECT requests a clean start whatever the options say, since a session of that client
    /// id at the server is from an earlier run; the session expiry is kept, so the next connect resumes (3.1.2.4).
    /// Not with new_client_id: mosquitto 2.0 saves only sessions that did not begin clean, so that others end with it.
    /// 3.1.1 has one flag for both: a stale session of the server is discarded by a connection with clean session = 1, whose
    /// session would not be kept; both connections end with errc::stale_session (3.1.1, 3.2.2.2).
    /// An identity that cannot be encoded appends nothing and leaves the session closed.
    void open(const identity&, monotonic_time now, bytes& out);

    struct received {
        std::size_t consumed = 0; ///< whole packets only; present the rest again with more bytes behind it
        std::error_code error{};  ///< set: the session is over
    };
    /// Takes bytes from the network; appends replies to `out` and calls `events`.
    received receive(byte_view in, monotonic_time now, bytes& out, session_events& events);

    struct published {
        std::uint16_t packet_id = 0; ///< 0 for QoS 0
        std::error_code error{};
    };
    /// A copy is kept only of QoS 1 and 2 messages that a resumed session could have to send again.
    /// Sends a message, or queues it while the server's receive maximum is used up (a queued one already has its id).
    published publish(const message&, monotonic_time now, bytes& out);
    published subscribe(std::span<const subscription>, monotonic_time now, bytes& out);
    published unsubscribe(std::span<const std::string_view> filters, monotonic_time now, bytes& out);

    enum class close_scope : std::uint8_t { connection, session };
    /// Sends DISCONNECT (3.14). The transport must be closed afterwards; the will is not sent when the reason is success.
    /// 3.1.1 has no DISCONNECT that keeps the will: with another reason nothing is appended.
    /// close_scope::session: discards the session, here and at the server (3.14.2.2.2; not at a server of 3.1.1).
    void close(reason, monotonic_time now, bytes& out, close_scope = close_scope::connection);

    /// The network connection is gone. Keeps what a resumed session needs; without one to resume (clean start, or no
    /// session expiry) messages in flight and in the queue are dropped too: read unacknowledged() before for their number.
    void transport_lost() noexcept;

    /// While closed: a message that an earlier connection left unacknowledged is not sent again when the session is resumed.
    void discard(std::uint16_t packet_id) noexcept;

    /// Time of the next on_timer(); `never` when there is none.
    /// It only moves later while packets are exchanged, so a timer may be armed once and re-armed when it fires.
    /// Two exceptions: open() and CONNACK (on_connected) reset it.
    /// Called early, on_timer() does nothing.
    monotonic_time next_deadline() const noexcept;
    /// Sends PINGREQ when nothing was sent for ping_interval(). Errors: keep_alive_timeout without a PINGRESP within that
    /// interval or 10 s, whichever is less; connack_timeout without a CONNACK.
    std::error_code on_timer(monotonic_time now, bytes& out);

    /// Limits of the server of the last connection; defaults before the first.
    qos maximum_qos() const noexcept { return maximum_qos_; }
    bool retain_available() const noexcept { return retain_available_; }
    /// Reason of the last refusal or disconnect by the server.
    reason last_reason() const noexcept;
    /// Server Reference (5.0, 3.2.2.3.16) of the last refusal or disconnect; empty when there was none.
    std::string_view server_reference() const noexcept;
    /// Published QoS 1 and 2 messages not yet acknowledged, including queued ones.
    std::size_t unacknowledged() const noexcept;
    /// QoS 1 and 2 messages that publish() sends at once, before the server's receive maximum is used up.
    std::uint32_t send_quota() const noexcept;

private:
    struct active_state;    ///< state of messages in flight; allocated while there are any
    struct receive_context; ///< arguments of one receive()

    std::error_code fail(errc, reason sent_reason, bytes& out);
    std::error_code fail(reason decoded, bytes& out);
    std::error_code handle(const frame&, receive_context&);
    std::error_code on_connack(const frame&, receive_context&);
    std::error_code on_publish(const frame&, receive_context&);
    std::error_code on_ack(const frame&, receive_context&);
    std::error_code on_pubrec(const ack_packet&, outgoing*, receive_context&);
    std::error_code on_suback(const frame&, receive_context&);
    std::error_code on_disconnect(const frame&, receive_context&);
    void on_pubrel(const ack_packet&, receive_context&);
    void complete(outgoing*, reason, receive_context&);
    std::error_code end_by_server(reason, const properties&, errc otherwise);
    void adopt_limits(const properties&, server_limits&);
    void end_old_session(bool present, receive_context&);
    void resume(receive_context&);
    std::optional<reason> resend_refusal(const outgoing&) const;

    template <class Encode>
    published request(bool unsubscribes, std::size_t filters, monotonic_time now, bytes& out, const Encode&);
    std::optional<std::uint64_t> next_packet_serial();
    void send_waiting(monotonic_time now, bytes& out);
    void send(outgoing&, monotonic_time now, bytes& out);
    bool within_server_limit(std::size_t packet_size) const noexcept;
    active_state& ensure_active();
    void release_if_empty() noexcept;
    void drop_state() noexcept;

    const session_options* options_;
    std::unique_ptr<active_state> active_;
    monotonic_time last_sent_{};
    monotonic_time reply_deadline_{};       ///< of CONNACK while connecting, of PINGRESP after a ping
    std::uint64_t next_serial_ = 0;         ///< of packet identifiers, see outbox.hpp
    std::uint32_t packet_size_limit_ = 0;   ///< the server's; 0 = none
    std::uint16_t receive_maximum_ = 65535; ///< the server's
    std::uint16_t keep_alive_s_ = 0;
    std::uint16_t inbound_open_ = 0; ///< used part of the server's send quota (4.9)
    phase phase_ = phase::closed;
    reason last_reason_ = reason::success;
    qos maximum_qos_ = qos::exactly_once;
    bool retain_available_ : 1 = true;
    bool ping_pending_ : 1 = false;
    bool clean_sent_ : 1 = false; ///< with the last CONNECT
    bool clean_next_ : 1 = false; ///< see open()
    bool resumable_ : 1 = false;  ///< the session outlives its connection, here and at the server
};

// A fleet holds hundreds of thousands of these.
static_assert(sizeof(session) <= 64);

} // namespace loadsim::mqtt
