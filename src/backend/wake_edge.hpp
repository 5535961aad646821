// Triggers on their way to vehicles that sleep: datagrams, and requests to the SMS gateway.
#pragma once

#include "sms_gateway.hpp"

#include <loadsim/backend/options.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/options.hpp>

#include <boost/asio/ip/udp.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim::backend {

/// Threads: the loop's, open() before it runs. Never waits; what cannot be sent is counted.
class wake_edge {
public:
    explicit wake_edge(net::loop&);

    /// Errors: an address that cannot be read or found.
    problems open(const wake_options&);

    /// By a bearer that there is not it fails.
    void send(std::string_view vin, std::string_view bearer);
    std::uint64_t failed() const;

private:
    boost::system::error_code open_port(const net::endpoint&);
    void send_datagram(std::string_view vin);

    net::loop& loop_;
    boost::asio::ip::udp::socket socket_;
    boost::asio::ip::udp::endpoint port_;
    std::optional<sms_gateway> gateway_;
    std::uint64_t failed_ = 0; // without the gateway's
};

} // namespace loadsim::backend
