// Network impairment of one MQTT link: blackhole, bandwidth limit and delay, like tc-netem for a single connection.
#pragma once

#include "delay_queue.hpp"

#include <loadsim/net/byte_tap.hpp>
#include <loadsim/net/mqtt_link.hpp>

#include <cstddef>
#include <optional>

namespace loadsim::net {

/// State between socket and session; allocated by the first impairment or when a byte_tap is set.
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
        endpoints.reset();
    }

    mqtt_link& link;
    bool blocked = false;
    bool reading_paused = false;
    bool read_pending = false; ///< readable event that was not served
    link_shaper::limits limits;
    delay_queue outgoing, incoming;
    std::optional<byte_tap::connection> endpoints; ///< of a connection with a byte_tap
};

} // namespace loadsim::net
