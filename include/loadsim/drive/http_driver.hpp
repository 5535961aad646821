// The `http` driver: POSTs each request to the platform's API, as the owner's app does.
#pragma once

#include <loadsim/drive/driver.hpp>
#include <loadsim/drive/options.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/options.hpp>

#include <cstdint>
#include <memory>

namespace loadsim::drive {

/// POST {path}/vehicles/{vin}/remote-services/{service} over at most `connections` kept-alive connections; a request for
/// which none is free waits for one, and that shows as lag.
/// 202 with {"id"} is accepted, 409 rejected, anything else errored, by a short name that can be counted.
/// `api` is what the URL says; `address` where it was found.
std::unique_ptr<driver> make_http_driver(net::loop&, driver_events&, const http_options&, std::uint32_t connections,
                                         const net::endpoint& api, const boost::asio::ip::tcp::endpoint& address);

} // namespace loadsim::drive
