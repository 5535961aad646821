// Sender of wake-up triggers: UDP datagrams, and requests to an SMS gateway.
#pragma once

#include <loadsim/backend/options.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/url.hpp>

#include <boost/asio/ip/udp.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace loadsim::backend {

/// A datagram contains the VIN; the gateway receives POST {path}/sms {"to": VIN}, and a 2xx response is success.
/// Never blocks; triggers that cannot be sent, and those that the gateway rejects, are counted in failed().
/// Bound:   16 concurrent requests to the gateway, 10,000 queued, 5 s timeout.
/// Threads: the loop's; open() before the loop runs.
class wakeup_sender final : private http::client_events {
public:
    explicit wakeup_sender(net::loop&);

    /// Errors: address cannot be parsed or resolved.
    problems open(const wakeup_options&);

    /// An unknown bearer counts as failed.
    void send(std::string_view vin, std::string_view bearer);
    std::uint64_t failed() const { return failed_; }

private:
    boost::system::error_code open_socket(const net::endpoint&);
    problems open_gateway(const net::endpoint&);
    void send_datagram(std::string_view vin);
    void send_sms(std::string_view vin);
    void on_response(std::uint64_t, const http::response_view&) override;

    net::loop& loop_;
    boost::asio::ip::udp::socket socket_;
    boost::asio::ip::udp::endpoint destination_;
    std::unique_ptr<http::client> gateway_; // null: no gateway
    std::size_t pending_sms_ = 0;           // in flight or queued
    std::uint64_t failed_ = 0;
};

} // namespace loadsim::backend
