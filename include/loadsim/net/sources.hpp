// The addresses of ours that connections come from.
#pragma once

#include <loadsim/base/result.hpp>

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::net {

/// The most addresses that a scenario may name, CIDRs counted by what they hold.
inline constexpr std::size_t sources_most = 65'536;

/// "127.0.0.2", "::1", or a CIDR such as "127.0.1.0/28": all its addresses, less network and broadcast of an IPv4 block
/// of more than two. Errors: one sentence, place is empty: not an address, bits behind the prefix set, more than sources_most.
result<std::vector<boost::asio::ip::address>> parse_source(std::string_view);

/// All of them, in the order written. Errors: as parse_source(), one an entry; the same address twice.
result<std::vector<boost::asio::ip::address>> parse_sources(std::span<const std::string>);

} // namespace loadsim::net
