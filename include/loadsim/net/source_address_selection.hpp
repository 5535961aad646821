// Selection and validation of source addresses for connections.
#pragma once

#include <loadsim/base/random.hpp>
#include <loadsim/base/result.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace loadsim::net {

/// Index of the source address for a client: round robin with a random offset per round of `sources` clients. The fleet is
/// spread evenly, and so is (within chance) every k-th client, however clients are partitioned. sources > 0.
inline std::size_t source_index_for(std::uint64_t seed, std::uint32_t client, std::size_t sources) noexcept {
    return (client + random_below(sources, seed, stream_id::source_address, client / sources, 0)) % sources;
}

/// Checks that each address can be the source of a connection to `broker`. Binds a socket for each and sends nothing.
/// Errors: one problem for addresses that this machine does not have, one for those of another address family.
result<void> check_source_addresses(std::span<const boost::asio::ip::address> sources,
                                    const boost::asio::ip::tcp::endpoint& broker);

} // namespace loadsim::net
