// TCP connectivity check before the load.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/net/server_list.hpp>
#include <loadsim/net/url.hpp>

#include <string_view>
#include <vector>

namespace loadsim::net {

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
