// One MQTT session over one TCP connection at a time.
#pragma once

#include <loadsim/mqtt/session.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/pace.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
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
    /// See mqtt::session_events.
    virtual void on_downgraded(mqtt_link&) {}
    virtual void on_subscribed(mqtt_link&, std::span<const mqtt::reason>) {}
    /// The connection is gone, or never stood. `was_online`: after CONNACK. Not told for a link closed by close().
    virtual void on_offline(mqtt_link&, std::error_code why, bool was_online) = 0;
    /// The instant of wait_until() has come; the link is idle again.
    virtual void on_waited(mqtt_link&) {}
};

/// A TCP connection that runs an MQTT session: socket, framing, back-pressure and the session's timer. When to connect
/// again is the owner's decision (wait_until()).
///
/// Shape:   while idle no buffer of its own: it reads into the loop's and keeps only what does not make a packet yet.
/// Errors:  through on_offline(), also from inside connect(). Given up are a peer that does not read, when 1 MiB waits for it,
///          and one that sends a packet of more than 1 MiB, or of the options' maximum_packet_size where there is one.
/// Threads: the loop's. Links must outlive the loop's run.
class mqtt_link final : private timer, private watched, private mqtt::session_events {
public:
    /// `options` and `events` must outlive the link. `tag` is the owner's own.
    mqtt_link(loop&, const mqtt::session_options& options, link_events& events, std::uint32_t tag);
    ~mqtt_link() override;

    std::uint32_t tag() const noexcept { return tag_; }
    const mqtt::session_options& options() const noexcept { return options_; }
    bool idle() const noexcept { return stage_ == stage::idle; }
    bool waits() const noexcept { return stage_ == stage::waiting; } ///< in a wait_until()
    bool online() const noexcept { return session_.state() == mqtt::session::phase::connected; }

    /// Only while idle or waiting. From one of `sources`, that at `first` if it has a port free; without any, from the kernel's choice.
    void connect(const boost::asio::ip::tcp::endpoint& broker, std::span<const boost::asio::ip::address> sources = {},
                 std::size_t first = 0);
    /// Only while idle: on_waited() then.
    void wait_until(monotonic_time when);
    /// DISCONNECT and close. Of this and the next two nothing is told to the owner, and the link is idle then.
    void close(mqtt::session::ends = mqtt::session::ends::connection);
    /// Ends the connection with RST, and what waits to be sent with it. Not from inside a call of this link.
    void reset();
    /// Leaves the connection behind, open and unread: the other side hears of nothing. Not from inside a call of this link.
    void abandon();

    // What the road does to a link. A link that nothing was ever done to pays a pointer for it.

    /// Nothing goes through in either direction until release(); then all that waited does. A connection that ends meanwhile is
    /// left behind, for no goodbye gets through.
    void hold();
    void release();
    /// Stops to read until read_on(), or the connection's end.
    void stop_reading();
    void read_on();
    /// What it is given from now on moves so fast at most, each way. Default values: as fast as it can, behind what is under way.
    void slow_down(const pace::limits&);

    /// Acknowledge at once what TCP brings, for a link that both publishes and listens: a broker that leaves Nagle's
    /// algorithm on holds its next message back until then, up to 40 ms. A system call for each read that is not answered.
    void acknowledge_at_once() noexcept { quick_acks_ = true; }

    /// At the highest QoS that the broker has, if it has not the message's; not retained where it keeps nothing.
    mqtt::session::published publish(mqtt::message);
    mqtt::session::published subscribe(std::span<const mqtt::subscription>);
    const mqtt::session& session() const noexcept { return session_; }
    /// The last connect took long because its SYN was lost, most often in a listen backlog that was full.
    bool syn_was_repeated() const noexcept { return syn_repeated_; }

private:
    enum class stage : std::uint8_t { idle, waiting, connecting, open, closing };
    enum class ending : std::uint8_t { closed, reset, left_behind };

    void on_timer(monotonic_time now) override;
    void on_ready(std::uint32_t events) override;
    void on_connected(mqtt::session&, const mqtt::server_limits&) override;
    void on_message(mqtt::session&, const mqtt::message&) override;
    void on_published(mqtt::session&, std::uint16_t, mqtt::reason) override;
    void on_downgraded(mqtt::session&, std::uint16_t) override { events_.on_downgraded(*this); }
    void on_subscribed(mqtt::session&, std::uint16_t, std::span<const mqtt::reason>) override;

    void established();
    void readable(std::uint32_t events);
    void writable();
    std::error_code hand_in(mqtt::byte_view);
    std::error_code feed(mqtt::byte_view arrived, mqtt::bytes& out);
    std::error_code flush(mqtt::bytes& out);
    template <class Call>
    std::error_code with_output(Call&& call);
    void arm_session_timer();
    void note_syns();
    void lose(std::error_code why);
    void drop_connection(ending = ending::closed);
    void leave_behind(int socket);

    struct road;
    road& on_the_road();
    bool is_held() const noexcept;
    bool is_slow() const noexcept;
    std::error_code transmit(const mqtt::bytes& out);
    std::error_code set_out(mqtt::byte_view);
    void take_in(mqtt::byte_view);
    void move_on(monotonic_time now);
    void tap(bool sent, mqtt::byte_view);

    loop& loop_;
    const mqtt::session_options& options_;
    link_events& events_;
    mqtt::session session_;
    monotonic_time started_{};             ///< of the TCP connect
    std::unique_ptr<mqtt::bytes> partial_; ///< the beginning of a packet
    std::unique_ptr<mqtt::bytes> unsent_;  ///< what the socket did not take
    std::unique_ptr<road> road_;           ///< only of a link that something holds up
    int socket_ = -1;
    std::uint32_t tag_;
    stage stage_ = stage::idle;
    bool quick_acks_ = false;
    bool syn_repeated_ = false;
    bool stood_ = false;            ///< CONNACK came: the session itself forgets it with its last error
    mqtt::bytes* output_ = nullptr; ///< set inside a call of the session: what is sent then goes along
};

} // namespace loadsim::net
