// Name lookup and TCP connectivity check before the load.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/net/server_list.hpp>
#include <loadsim/net/url.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace loadsim::net {

/// Addresses of a name in the system's order of preference (RFC 6724). Blocks.
std::vector<boost::asio::ip::address> addresses_of(const std::string& name, boost::system::error_code&);

struct found_servers {
    server_list servers;  ///< empty: there is none
    problems unreachable; ///< one sentence for each URL or address that is left out
};

/// `known` if it is a list of these URLs. Otherwise looks up all names, and blocks. `peer`: named in the sentences: "broker",
/// "platform's API".
found_servers look_up(std::vector<endpoint> urls, std::string_view peer, const server_list& known = {});

/// Looks up all names, and opens a TCP connection to each address and closes it. The list holds the servers that answered. Of a
/// name with IPv4 and IPv6 addresses, those of one family are used: that of the first one that answered. The list is empty if
/// none did. Blocks; `timeout` limits the connects, which are made at once.
found_servers check_servers(std::vector<endpoint> urls, std::string_view peer, nanoseconds timeout);

/// A connect to a free port of this machine may get that port as its source port, and TCP then connects the socket to itself
/// (simultaneous open, RFC 9293, 3.5): there is no listener. Treat it as a refused connection.
bool is_self_connected(int socket) noexcept;

/// A loopback port that is free now. Another process may take it before it is used: callers must be able to retry.
result<std::uint16_t> free_port();

} // namespace loadsim::net
