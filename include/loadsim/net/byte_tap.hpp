// Sees what MQTT connections move, byte by byte.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/mqtt/message.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>

namespace loadsim::net {

/// Told on the loop's thread, after the bytes have been read, or taken by the socket.
class byte_tap {
public:
    virtual ~byte_tap() = default;
    struct connection {
        boost::asio::ip::tcp::endpoint local;
        boost::asio::ip::tcp::endpoint remote;
    };
    virtual void on_opened(const connection&, monotonic_time) = 0;
    virtual void on_bytes(const connection&, bool sent, mqtt::byte_view, monotonic_time) = 0;
    /// Not told of one that is left behind, for it has no end.
    virtual void on_closed(const connection&, monotonic_time) = 0;
};

} // namespace loadsim::net
