// What is between a link's socket and its session when the road does something to it.
#pragma once

#include "lane.hpp"

#include <loadsim/net/byte_tap.hpp>
#include <loadsim/net/mqtt_link.hpp>

#include <cstddef>
#include <optional>

namespace loadsim::net {

/// Exists from the first thing on that is done to a link, or when somebody looks on.
struct mqtt_link::road final : timer {
    /// No more is taken from the socket than this before it is handed on: the rest waits where TCP sees it.
    static constexpr std::size_t coming_most = 64 * 1024;

    explicit road(mqtt_link& owner) : link(owner) {}
    void on_timer(monotonic_time now) override { link.move_on(now); }

    bool takes_more() const noexcept { return !held && !deaf && coming.size() <= coming_most; }
    /// The connection is over. What is done to the link goes on, but that it does not read.
    void clear() {
        disarm();
        deaf = more_has_come = false;
        going = coming = {};
        ends.reset();
    }

    mqtt_link& link;
    bool held = false;
    bool deaf = false;
    bool more_has_come = false; ///< and was not read
    pace::limits speed;
    lane going, coming;
    std::optional<byte_tap::connection> ends; ///< of a connection that somebody looks at
};

} // namespace loadsim::net
