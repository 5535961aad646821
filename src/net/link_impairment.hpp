// Network impairment of one MQTT link: blackhole, bandwidth limit and delay, like tc-netem for a single connection.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/net/byte_tap.hpp>
#include <loadsim/net/link_shaper.hpp>
#include <loadsim/net/mqtt_link.hpp>
#include <loadsim/net/tls_session.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>

namespace loadsim::net {

/// Bytes in transit in one direction of a shaped link. Threads: one. Pure: it reads no clock.
class delay_queue {
public:
    /// Splits the bytes into chunks of 50 ms of transmission time, at least 16 bytes; a chunk arrives with its last byte.
    void push(mqtt::byte_view, monotonic_time now, const link_shaper::limits&);
    /// Removes and returns the bytes that have arrived by `now`, in order; `never`: all bytes.
    mqtt::bytes pop_arrived(monotonic_time now);
    /// Arrival time of the first chunk; `never` when the queue is empty.
    monotonic_time next_arrival() const noexcept { return chunks_.empty() ? never : chunks_.front().due; }
    std::size_t size() const noexcept { return size_; } ///< bytes in transit

private:
    struct chunk {
        monotonic_time due;
        mqtt::bytes data;
    };
    link_shaper shaper_;
    std::deque<chunk> chunks_;
    std::size_t size_ = 0;
};

/// Impairment between the socket and what is above it; allocated by the first one.
struct mqtt_link::link_impairment final : timer {
    /// Limit on received bytes in the delay queue. Further bytes stay in the socket, so that TCP flow control applies.
    static constexpr std::size_t incoming_limit = 64 * 1024;

    explicit link_impairment(mqtt_link& owner) : link(owner) {}
    void on_timer(monotonic_time now) override { link.flush_due(now); }

    bool can_read() const noexcept { return !blocked && !reading_paused && incoming.size() <= incoming_limit; }
    /// End of the connection. Blackhole and shaping stay in force; a pause of reading ends.
    void clear() {
        disarm();
        reading_paused = read_pending = false;
        outgoing = incoming = {};
    }

    mqtt_link& link;
    bool blocked = false;
    bool reading_paused = false;
    bool read_pending = false; ///< readable event that was not served
    link_shaper::limits limits;
    delay_queue outgoing, incoming;
};

/// Parts that only some links have.
struct mqtt_link::layers {
    std::unique_ptr<tls_session> tls;   ///< of the connection; null: none
    std::unique_ptr<tls_session> ended; ///< of the connection that has ended, during on_offline()
    nanoseconds tls_duration{};         ///< of the handshake
    /// Records that end the handshake. They are sent together with CONNECT: the server may refuse the certificate and close between
    /// two calls, and the second would fail before its alert is read.
    mqtt::bytes last_flight;
    std::unique_ptr<link_impairment> impairment;
    std::optional<byte_tap::connection> tapped; ///< endpoints of a connection with a byte_tap
};

} // namespace loadsim::net
