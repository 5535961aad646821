// Name lookup and TCP connectivity check before the load.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/net/url.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <string_view>
#include <vector>

namespace loadsim::net {

/// All addresses of the name. Blocks. Errors: as check_connection().
result<std::vector<boost::asio::ip::tcp::endpoint>> resolve(const endpoint&, std::string_view peer);

/// Resolves the name, opens one TCP connection and closes it. Returns the address that was connected to.
/// Blocks; `timeout` limits the connect only. Errors: one sentence that names `peer` ("broker", "API") and the URL.
result<boost::asio::ip::tcp::endpoint> check_connection(const endpoint&, std::string_view peer, nanoseconds timeout);

/// A loopback port that is free now. Another process may take it before it is used: callers must be able to retry.
result<std::uint16_t> free_port();

} // namespace loadsim::net
