// One MQTT client session: bytes in, bytes and events out. No socket, no clock, no thread.
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

/// Who connects. Handed over at every connect, so that an idle session stores none of it.
/// Strings are UTF-8 and at most 65535 bytes, the will's topic is a topic name: see session::open().
struct identity {
    std::string_view client_id;
    std::string_view user{};     ///< empty = no user name
    std::string_view password{}; ///< empty = no password
    std::optional<mqtt::will> last_will{};
};

/// What the server said in CONNACK (3.2), with the defaults of absent properties filled in.
struct server_limits {
    bool session_present = false;
    qos maximum_qos = qos::exactly_once;
    bool retain_available = true;
    bool wildcard_subscriptions = true;
    bool shared_subscriptions = true;
    bool subscription_identifiers = true; ///< we use none
    std::uint16_t receive_maximum = 65535;
    std::uint16_t topic_alias_maximum = 0;  ///< we use none
    std::uint32_t maximum_packet_size = 0;  ///< 0 = no limit
    std::chrono::seconds keep_alive{0};     ///< in force: the server's if it said one, else ours
    std::chrono::seconds session_expiry{0}; ///< in force; 3.1.1: 0
    std::string_view assigned_client_id{};  ///< for one who connected without; good during on_connected()
};

/// Why a server with these limits cannot serve a subscription to that filter; success: nothing is against it.
reason refusal_of(const server_limits&, std::string_view filter) noexcept;

class session;
class properties;
struct ack_packet;
struct frame;
struct outgoing;

/// What a session tells its owner, from inside receive(); never from anywhere else.
/// The session may be used (publish, subscribe, close) from inside; it must not be destroyed.
class session_events {
public:
    virtual ~session_events() = default;
    /// CONNACK with success. session_present = 0: subscribe (again), the server knows of no subscription.
    virtual void on_connected(session&, const server_limits&) = 0;
    /// A message arrived. For QoS 1 and 2 its acknowledgement is already in `out`. QoS 2: once per identifier.
    virtual void on_message(session&, const message&) = 0;
    /// One of our QoS 1 or 2 messages is done (PUBACK, PUBCOMP) or refused (reason >= 0x80).
    /// Also, before on_connected: unspecified_error for each message that an earlier connection left unacknowledged when
    /// the server has lost the session; packet_too_large, qos_not_supported or retain_not_supported when a resumed
    /// session may no longer send it.
    virtual void on_published(session&, std::uint16_t packet_id, reason) = 0;
    /// The server answered a QoS 2 message with PUBACK, as if it were one of QoS 1: it has it, at least once; on_published() follows.
    virtual void on_downgraded(session&, std::uint16_t /*packet_id*/) {}
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
    /// 5.0: with nothing here to resume the CONNECT asks for a clean start whatever the options say, for what the server
    /// may have of that name is another's, of a run before; the session expiry stands, so the next one resumes (3.1.2.4).
    /// 3.1.1 cannot say both, so there only the CONNECT after errc::unexpected_session is a clean one, since a session
    /// that only the server has would else be in the way for ever.
    /// An identity that cannot be sent appends nothing and leaves the session closed.
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

    enum class ends : std::uint8_t { connection, session };
    /// DISCONNECT (3.14). After it the transport is to be closed; the will is not sent when the reason is success.
    /// 3.1.1 knows no DISCONNECT that asks for the will: with another reason nothing is appended.
    /// ends::session: nothing is to be resumed, here or at the server (3.14.2.2.2). 3.1.1 cannot tell the server.
    void close(reason, monotonic_time now, bytes& out, ends = ends::connection);

    /// The network connection is gone. Keeps what a resumed session needs; without one to resume (clean start, or no
    /// session expiry) messages in flight and in the queue are gone too: ask unacknowledged() before for their number.
    void transport_lost() noexcept;

    /// The instant at which on_timer() has something to do; `never` when there is none.
    /// It only moves later while packets are exchanged, so a timer may be armed once and re-armed when it fires.
    /// Two exceptions: open() sets it anew, and so does a server that asks for a shorter keep alive (on_connected).
    /// Called early, on_timer() does nothing.
    monotonic_time next_deadline() const noexcept;
    /// PINGREQ when nothing was sent for the keep alive (3.1.2.10). Its PINGRESP is awaited for the keep alive, but at
    /// most 10 s: then keep_alive_timeout. connack_timeout when CONNACK is overdue.
    std::error_code on_timer(monotonic_time now, bytes& out);

    /// What the server allows; of the last connection, or of no server yet.
    qos maximum_qos() const noexcept { return maximum_qos_; }
    bool retain_available() const noexcept { return retain_available_; }
    /// Why the server refused or disconnected last.
    reason last_reason() const noexcept;
    /// Server Reference (5.0, 3.2.2.3.16) of the last refusal or disconnect; empty when it named none.
    std::string_view server_reference() const noexcept;
    /// QoS 1 and 2 messages of ours that are not acknowledged, queued ones included.
    std::size_t unacknowledged() const noexcept;

private:
    struct unfinished; ///< what goes beyond idle; exists only while there is any
    struct turn;       ///< what one receive() works with

    std::error_code fail(errc, reason told, bytes& out);
    std::error_code fail(reason decoded, bytes& out);
    std::error_code handle(const frame&, turn&);
    std::error_code on_connack(const frame&, turn&);
    std::error_code on_publish(const frame&, turn&);
    std::error_code on_ack(const frame&, turn&);
    std::error_code on_pubrec(const ack_packet&, outgoing*, turn&);
    std::error_code on_suback(const frame&, turn&);
    std::error_code on_disconnect(const frame&, turn&);
    void on_pubrel(const ack_packet&, turn&);
    void finish(outgoing*, reason, turn&);
    void note_refusal(reason, const properties&);
    void adopt_limits(const properties&, server_limits&);
    void end_old_session(bool present, turn&);
    void resume(turn&);
    std::optional<reason> forbidden(const outgoing&) const;

    template <class Encode>
    published request(bool unsubscribes, std::size_t filters, monotonic_time now, bytes& out, const Encode&);
    std::optional<std::uint64_t> next_packet_serial();
    void send_waiting(monotonic_time now, bytes& out);
    void send(outgoing&, monotonic_time now, bytes& out);
    bool fits_server(std::size_t packet_size) const noexcept;
    unfinished& more();
    void forget_finished() noexcept;
    void drop_state() noexcept;

    const session_options* options_;
    std::unique_ptr<unfinished> more_;
    monotonic_time last_sent_{};
    monotonic_time answer_due_{};           ///< while connecting: CONNACK; with a ping out: PINGRESP
    std::uint64_t next_serial_ = 0;         ///< of packet identifiers, see outbox.hpp
    std::uint32_t packet_size_limit_ = 0;   ///< the server's; 0 = none
    std::uint16_t receive_maximum_ = 65535; ///< the server's
    std::uint16_t keep_alive_s_ = 0;
    std::uint16_t inbound_open_ = 0; ///< of the server's send quota (4.9), used up
    phase phase_ = phase::closed;
    reason last_reason_ = reason::success;
    qos maximum_qos_ = qos::exactly_once;
    bool retain_available_ : 1 = true;
    bool ping_out_ : 1 = false;
    bool clean_sent_ : 1 = false; ///< with the last CONNECT
    bool clean_next_ : 1 = false; ///< see open()
    bool resumable_ : 1 = false;  ///< the session outlives its connection, here and at the server
};

// A fleet holds hundreds of thousands of these.
static_assert(sizeof(session) <= 64);

} // namespace loadsim::mqtt
