// Source (local) addresses of connections, parsed from addresses and CIDR blocks.
#pragma once

#include <loadsim/base/result.hpp>

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::net {

/// Limit on the source addresses of a scenario, with CIDR blocks expanded.
inline constexpr std::size_t max_source_addresses = 65'536;

/// "127.0.0.2", "::1", or a CIDR block such as "127.0.1.0/28": its host addresses (without network and broadcast address if
/// it has more than two). Errors: one sentence: not an address, host bits set, more than max_source_addresses.
result<std::vector<boost::asio::ip::address>> parse_source_address(std::string_view);

/// All addresses in the order written. Errors: as parse_source_address(), one per entry; a duplicate address.
result<std::vector<boost::asio::ip::address>> parse_source_addresses(std::span<const std::string>);

} // namespace loadsim::net
