// Finding out, before the load, whether somebody answers at an address.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/net/options.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <string_view>

namespace loadsim::net {

/// Looks the name up and opens a TCP connection once (and closes it): the address that answered.
/// Blocks, `within` at most for the connection. Errors: one sentence that names `what` ("broker", "API") and the URL.
result<boost::asio::ip::tcp::endpoint> reach(const endpoint&, std::string_view what, nanoseconds within);

/// A loopback port that is free now. Somebody else may take it before it is used: be ready to ask again.
result<std::uint16_t> free_port();

} // namespace loadsim::net
