// Which of several source addresses a connection comes from, and whether the machine has them.
#pragma once

#include <loadsim/base/draw.hpp>
#include <loadsim/base/result.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace loadsim::net {

/// Whose turn it is: the position, below `sources`, for the n-th client. Each round of as many clients as there are sources uses
/// every one once, from a place drawn for the round: so all clients together are even, and so are, but for chance, every k-th of
/// them, however they are dealt out to shards and ranks. sources > 0.
inline std::size_t source_for(std::uint64_t seed, std::uint32_t client, std::size_t sources) noexcept {
    return (client + draw_below(sources, seed, stream::source, client / sources, 0)) % sources;
}

/// Whether a connection to `broker` can come from each of them. Opens a socket for each, and sends nothing.
/// Errors: one problem for what this machine lacks, one for what is not of the broker's address family.
result<void> check_sources(std::span<const boost::asio::ip::address> sources,
                           const boost::asio::ip::tcp::endpoint& broker);

} // namespace loadsim::net
