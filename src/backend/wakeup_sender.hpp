// Sender of wake-up triggers: UDP datagrams, and requests to an SMS gateway.
#pragma once

#include "sms_gateway.hpp"

#include <loadsim/backend/options.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/url.hpp>

#include <boost/asio/ip/udp.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim::backend {

/// Never blocks; triggers that cannot be sent are counted in failed().
/// Threads: the loop's; open() before the loop runs.
class wakeup_sender {
public:
    explicit wakeup_sender(net::loop&);

    /// Errors: address cannot be parsed or resolved.
    problems open(const wakeup_options&);

    /// An unknown bearer counts as failed.
    void send(std::string_view vin, std::string_view bearer);
    std::uint64_t failed() const;

private:
    boost::system::error_code open_socket(const net::endpoint&);
    void send_datagram(std::string_view vin);

    net::loop& loop_;
    boost::asio::ip::udp::socket socket_;
    boost::asio::ip::udp::endpoint destination_;
    std::optional<sms_gateway> gateway_;
    std::uint64_t failed_ = 0; // without those of the gateway
};

} // namespace loadsim::backend
