// Address that a flag lets the program listen on.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/net/url.hpp>

#include <string_view>

namespace loadsim::app {

/// Address of --metrics or --ui: host:port, or a port of the loopback address.
result<net::endpoint> parse_listen_flag(std::string_view);

} // namespace loadsim::app
