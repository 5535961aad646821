// Source (local) addresses of connections: parsing, validation and selection.
#pragma once

#include <loadsim/base/random.hpp>
#include <loadsim/base/result.hpp>

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <cstdint>
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

/// Index of the source address for a client: round robin with a random offset per round of `sources` clients. The fleet is
/// spread evenly, and so is (within chance) every k-th client, however clients are partitioned. sources > 0.
inline std::size_t source_index_for(std::uint64_t seed, std::uint32_t client, std::size_t sources) noexcept {
    return (client + random_below(sources, seed, stream_id::source_address, client / sources, 0)) % sources;
}

/// Checks that each address can be the source of a connection to `broker`. Binds a socket for each and sends nothing.
/// Errors: one problem for addresses that this machine does not have, one for those of another address family.
result<void> check_source_addresses(std::span<const boost::asio::ip::address> sources,
                                    const boost::asio::ip::address& broker);

} // namespace loadsim::net
