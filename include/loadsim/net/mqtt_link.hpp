// MQTT session over a TCP or TLS connection that can be replaced by a new one.
#pragma once

#include <loadsim/mqtt/session.hpp>
#include <loadsim/net/link_shaper.hpp>
#include <loadsim/net/loop.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace loadsim::net {

class mqtt_link;
class tls_session;
using tls_ticket = mqtt::bytes;

/// Parts of the time from the start of a connect to CONNACK.
struct connect_times {
    nanoseconds tcp{};
    nanoseconds tls{}; ///< handshake; 0: without TLS
    nanoseconds connack{};
    bool tls_resumed = false; ///< the handshake was shortened by a ticket
    nanoseconds total() const noexcept { return tcp + tls + connack; }
};

/// Events of a link. Called on the loop's thread; a handler may use the link but not destroy it.
class link_events {
public:
    virtual ~link_events() = default;
    /// Returns the client identity for the CONNECT. Its views are used before the next call.
    virtual mqtt::identity identify(mqtt_link&) = 0;
    /// The TCP connection is established. Sets the TLS of this connection; null: none. An error ends the connection.
    virtual std::error_code make_tls(mqtt_link&, std::unique_ptr<tls_session>&);
    /// The server has sent a ticket for a later connection. Only with tls_options::resumption.
    virtual void on_ticket(mqtt_link&, tls_ticket&&) {}
    /// The session is established.
    virtual void on_online(mqtt_link&, const mqtt::server_limits&, const connect_times&) = 0;
    virtual void on_message(mqtt_link&, const mqtt::message&) = 0;
    virtual void on_published(mqtt_link&, std::uint16_t /*packet_id*/, mqtt::reason) {}
    /// See mqtt::session_events.
    virtual void on_downgraded(mqtt_link&) {}
    virtual void on_subscribed(mqtt_link&, std::span<const mqtt::reason>) {}
    /// The connection was lost or could not be opened. `was_online`: after CONNACK. Not called after close(). An error of
    /// tls_category() has a sentence of its own during this call: mqtt_link::describe_tls_error().
    virtual void on_offline(mqtt_link&, std::error_code why, bool was_online) = 0;
    /// The time given to wait_until() is reached; the link is idle again.
    virtual void on_wait_elapsed(mqtt_link&) {}
};

/// Connection with an MQTT session: socket, TLS, framing, back-pressure and the session's timer. The owner decides when to
/// reconnect (wait_until()).
///
/// Shape:   no buffer of its own while idle: reads into the loop's buffer and keeps only the bytes of an incomplete packet.
/// Errors:  through on_offline(), also from inside connect(). A peer that does not read is disconnected at 1 MiB of unsent
///          bytes, and one that sends a packet above maximum_packet_size (1 MiB if the options set none).
/// Threads: the loop's. Links must outlive the loop's run.
class mqtt_link final : private timer, private socket_handler, private mqtt::session_events {
public:
    /// `options` and `events` must outlive the link. `tag` is for the owner's use.
    mqtt_link(loop&, const mqtt::session_options& options, link_events& events, std::uint32_t tag);
    ~mqtt_link() override;

    std::uint32_t tag() const noexcept { return tag_; }
    const mqtt::session_options& options() const noexcept { return options_; }
    bool idle() const noexcept { return stage_ == stage::idle; }
    bool waiting() const noexcept { return stage_ == stage::waiting; } ///< for the time given to wait_until()
    /// Sentence about `why`; empty: TLS has not failed. Only during link_events::on_offline(), with its error.
    std::string describe_tls_error(std::error_code why) const;
    /// The connection ended during its TLS handshake, or by an error of TLS: with TLS 1.3 a client has completed its handshake when
    /// the server refuses its certificate. Only during link_events::on_offline().
    bool tls_failed() const noexcept;
    bool online() const noexcept { return session_.state() == mqtt::session::phase::connected; }

    /// Only while idle or waiting. The source address is sources[first], or the next one with a free port; none given: chosen by
    /// the kernel.
    void connect(const boost::asio::ip::tcp::endpoint& broker, std::span<const boost::asio::ip::address> sources = {},
                 std::size_t first = 0);
    /// Only while idle. Calls on_wait_elapsed() at `when`.
    void wait_until(monotonic_time when);
    /// Sends DISCONNECT and closes. This call and the next two raise no event and leave the link idle.
    void close(mqtt::session::close_scope = mqtt::session::close_scope::connection);
    /// Ends the connection with RST and discards unsent bytes. Not from inside an event of this link.
    void reset();
    /// Abandons the connection: it stays open and unread, so the peer is not notified. Not from inside an event of this link.
    void abandon();

    // Network impairment. Costs one pointer on a link that was never impaired.

    /// Blackhole: blocks both directions until unblock(), which delivers everything held back. A connection that ends meanwhile
    /// is abandoned, since no FIN or RST would get through.
    void block();
    void unblock();
    /// Stops reading until resume_reading() or the end of the connection.
    void pause_reading();
    void resume_reading();
    /// Limits the bandwidth and adds delay for all later bytes, per direction. Default values: no limit; order is kept.
    void shape(const link_shaper::limits&);

    /// Sets TCP_QUICKACK after each read, for a link that both publishes and subscribes: a broker with Nagle's algorithm on
    /// delays its next message until the ACK, up to 40 ms. Costs a system call for each read that triggers no write.
    void enable_quick_acks() noexcept { quick_acks_ = true; }

    /// Lowers the QoS to the broker's maximum and drops the retain flag if the broker does not support it.
    mqtt::session::published publish(mqtt::message);
    mqtt::session::published subscribe(std::span<const mqtt::subscription>);
    void discard_message(std::uint16_t packet_id) noexcept { session_.discard(packet_id); }
    /// That of the session; 0 while bytes wait for the network.
    std::uint32_t send_quota() const noexcept { return unsent_ ? 0 : session_.send_quota(); }
    const mqtt::session& session() const noexcept { return session_; }
    /// The SYN of the last connect was retransmitted, most often because a listen backlog was full.
    bool syn_retransmitted() const noexcept { return syn_retransmitted_; }

private:
    enum class stage : std::uint8_t { idle, waiting, connecting, securing, open, closing };
    enum class close_kind : std::uint8_t { closed, reset, abandoned };

    void on_timer(monotonic_time now) override;
    void on_ready(std::uint32_t events) override;
    void on_connected(mqtt::session&, const mqtt::server_limits&) override;
    void on_message(mqtt::session&, const mqtt::message&) override;
    void on_published(mqtt::session&, std::uint16_t, mqtt::reason) override;
    void on_downgraded(mqtt::session&, std::uint16_t) override { events_.on_downgraded(*this); }
    void on_subscribed(mqtt::session&, std::uint16_t, std::span<const mqtt::reason>) override;

    void on_tcp_connected();
    void open_session();
    void on_readable(std::uint32_t events);
    void on_writable();
    std::error_code deliver(mqtt::byte_view);
    std::error_code decrypt(mqtt::byte_view);
    std::error_code deliver_to_session(mqtt::byte_view);
    std::error_code feed(mqtt::byte_view arrived, mqtt::bytes& out);
    void drop_partial();
    std::error_code flush(mqtt::bytes& out);
    std::error_code send(const mqtt::bytes&);
    template <class Call>
    std::error_code with_output(Call&& call);
    void arm_session_timer();
    void check_syn_retransmission();
    void on_connection_lost(std::error_code why);
    void drop_connection(close_kind = close_kind::closed);
    void abandon_socket(int socket);

    struct link_impairment;
    struct layers;
    layers& make_layers();
    tls_session* tls() const noexcept;
    link_impairment* impaired() const noexcept; ///< null: never was
    link_impairment& impairment();
    bool transfers() const noexcept { return stage_ == stage::securing || stage_ == stage::open; }
    bool is_blocked() const noexcept;
    bool is_shaped() const noexcept;
    std::error_code transmit(const mqtt::bytes& out);
    std::error_code enqueue_outgoing(mqtt::byte_view);
    void enqueue_incoming(mqtt::byte_view);
    void flush_due(monotonic_time now);
    void tap(bool sent, mqtt::byte_view);

    loop& loop_;
    const mqtt::session_options& options_;
    link_events& events_;
    mqtt::session session_;
    monotonic_time started_{};             ///< start of the current step of the connect
    std::unique_ptr<mqtt::bytes> partial_; ///< bytes of an incomplete packet
    std::unique_ptr<mqtt::bytes> unsent_;  ///< bytes that the socket did not accept
    std::unique_ptr<layers> layers_;       ///< TLS and impairment; allocated on first use
    int socket_ = -1;
    std::uint32_t tag_;
    stage stage_ = stage::idle;
    bool quick_acks_ = false;
    bool syn_retransmitted_ = false;
    bool was_online_ = false;       ///< CONNACK was received; the session itself clears this on an error
    std::uint32_t tcp_us_ = 0;      ///< duration of the TCP connect
    mqtt::bytes* output_ = nullptr; ///< set during a call of the session: nested sends append to it
};

} // namespace loadsim::net
