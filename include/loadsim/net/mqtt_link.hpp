// One MQTT session over one TCP connection at a time.
#pragma once

#include <loadsim/mqtt/session.hpp>
#include <loadsim/net/loop.hpp>

#include <cstdint>
#include <memory>
#include <system_error>
#include <vector>

namespace loadsim::net {

class mqtt_link;

/// What a link tells its owner, on the loop's thread. The link may be used from inside, not destroyed.
class link_events {
public:
    virtual ~link_events() = default;
    /// Asks who connects. The views of the answer are used before the next call.
    virtual mqtt::identity identify(mqtt_link&) = 0;
    /// The session stands. `took`: from the start of the TCP connect to CONNACK.
    virtual void on_online(mqtt_link&, const mqtt::server_limits&, nanoseconds took) = 0;
    virtual void on_message(mqtt_link&, const mqtt::message&) = 0;
    virtual void on_published(mqtt_link&, std::uint16_t /*packet_id*/, mqtt::reason) {}
    virtual void on_subscribed(mqtt_link&, std::span<const mqtt::reason>) {}
    /// The connection is gone, or never stood. `was_online`: after CONNACK. Not told for a link closed by close().
    virtual void on_offline(mqtt_link&, std::error_code why, bool was_online) = 0;
};

/// A TCP connection that runs an MQTT session: socket, framing, back-pressure and the session's timer. When to connect
/// again is the owner's decision (connect_at()).
///
/// Shape:   while idle no buffer of its own: it reads into the loop's and keeps only what does not make a packet yet.
/// Errors:  through on_offline(). A peer that does not read is given up when 1 MiB waits for it.
/// Threads: the loop's. Links must outlive the loop's run.
class mqtt_link final : private timer, private mqtt::session_events {
public:
    /// `options` and `events` must outlive the link. `tag` is the owner's own.
    mqtt_link(loop&, const mqtt::session_options& options, link_events& events, std::uint32_t tag);
    ~mqtt_link() override;

    std::uint32_t tag() const noexcept { return tag_; }
    bool online() const noexcept { return session_.state() == mqtt::session::phase::connected; }

    /// Only while idle. `broker` must outlive the connection.
    void connect(const boost::asio::ip::tcp::endpoint& broker);
    /// The same, at an instant.
    void connect_at(const boost::asio::ip::tcp::endpoint& broker, monotonic_time when);
    /// DISCONNECT and close; nothing is told to the owner.
    void close();

    /// Acknowledge at once what TCP brings, for a link that both publishes and listens: a broker that leaves Nagle's
    /// algorithm on holds its next message back until then, up to 40 ms. Costs a system call for each read.
    void acknowledge_at_once() noexcept { quick_acks_ = true; }

    mqtt::session::published publish(const mqtt::message&);
    mqtt::session::published subscribe(std::span<const mqtt::subscription>);
    const mqtt::session& session() const noexcept { return session_; }

private:
    enum class stage : std::uint8_t { idle, waiting, connecting, open, closing };

    void on_timer(monotonic_time now) override;
    void on_connected(mqtt::session&, const mqtt::server_limits&) override;
    void on_message(mqtt::session&, const mqtt::message&) override;
    void on_published(mqtt::session&, std::uint16_t, mqtt::reason) override;
    void on_subscribed(mqtt::session&, std::uint16_t, std::span<const mqtt::reason>) override;

    void established(const boost::system::error_code&);
    void wait_readable();
    void readable(const boost::system::error_code&);
    std::error_code feed(mqtt::byte_view arrived, mqtt::bytes& out);
    void wait_writable();
    std::error_code flush(mqtt::bytes& out);
    template <class Call>
    std::error_code with_output(Call&& call);
    void arm_session_timer();
    void lose(std::error_code why);
    void drop_connection();

    loop& loop_;
    const mqtt::session_options& options_;
    link_events& events_;
    tcp_socket socket_;
    mqtt::session session_;
    const boost::asio::ip::tcp::endpoint* broker_ = nullptr;
    monotonic_time started_{};             ///< of the TCP connect
    std::unique_ptr<mqtt::bytes> partial_; ///< the beginning of a packet
    std::unique_ptr<mqtt::bytes> unsent_;  ///< what the socket did not take
    std::uint32_t tag_;
    std::uint32_t connection_ = 0; ///< handlers of an earlier connection know themselves by it
    stage stage_ = stage::idle;
    bool quick_acks_ = false;
    bool stood_ = false;            ///< CONNACK came: the session itself forgets it with its last error
    mqtt::bytes* output_ = nullptr; ///< set inside a call of the session: what is sent then goes along
};

} // namespace loadsim::net
