// Interface for capturing the bytes of MQTT connections.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/mqtt/message.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>

namespace loadsim::net {

/// Called on the loop's thread, after the bytes were read from the socket or accepted by it.
class byte_tap {
public:
    virtual ~byte_tap() = default;
    struct connection {
        boost::asio::ip::tcp::endpoint local;
        boost::asio::ip::tcp::endpoint remote;
    };
    virtual void on_opened(const connection&, monotonic_time) = 0;
    virtual void on_bytes(const connection&, bool sent, mqtt::byte_view, monotonic_time) = 0;
    /// Not called for an abandoned connection, which never ends.
    virtual void on_closed(const connection&, monotonic_time) = 0;
};

} // namespace loadsim::net
