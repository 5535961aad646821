// Interface for capturing the bytes of connections, as they are above TLS.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/mqtt/message.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string_view>

namespace loadsim::net {

/// Called after the bytes were read, and when they are handed to the socket or to TLS.
/// Threads: those of all connections that have the tap; calls for one connection are on one thread.
class byte_tap {
public:
    virtual ~byte_tap() = default;
    enum class protocol : std::uint8_t { mqtt, http };
    struct connection {
        boost::asio::ip::tcp::endpoint local;  ///< the client, also where loadsim is the server (webhook)
        boost::asio::ip::tcp::endpoint remote; ///< the server
        protocol application_protocol = protocol::mqtt;
    };
    virtual void on_opened(const connection&, monotonic_time) = 0;
    /// `sent`: by the client.
    virtual void on_bytes(const connection&, bool sent, mqtt::byte_view, monotonic_time) = 0;
    /// Calls on_bytes(), unless the text is empty.
    void on_text(const connection& c, bool sent, std::string_view text, monotonic_time t) {
        if (!text.empty()) on_bytes(c, sent, mqtt::as_bytes(text), t);
    }
    /// Not called for an abandoned connection, which never ends.
    virtual void on_closed(const connection&, monotonic_time) = 0;
    /// Secret of a TLS session, as a line of a key log: a capture of its records can be decrypted with it.
    virtual void on_tls_secret(std::string_view /*line*/) {}
};

} // namespace loadsim::net
