// Which of several source addresses a connection comes from, and whether the machine has them.
#pragma once

#include <loadsim/base/result.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace loadsim::net {

/// Whose turn it is: the position, below `sources`, for the n-th client. Even over all clients, and over every k-th of them
/// too, so that it does not matter how clients are dealt out to shards and ranks. sources > 0.
/// Source: multiplicative hashing by the golden ratio (Knuth, TAOCP 3, 6.4).
constexpr std::size_t source_for(std::uint32_t client, std::size_t sources) noexcept {
    const std::uint64_t spread = (client * std::uint64_t{0x9e3779b97f4a7c15}) >> 32;
    return static_cast<std::size_t>((spread * sources) >> 32);
}

/// Whether a connection to `broker` can come from each of them. Opens a socket for each, and sends nothing.
/// Errors: one problem for what this machine lacks, one for what is not of the broker's address family.
result<void> check_sources(std::span<const boost::asio::ip::address> sources,
                           const boost::asio::ip::tcp::endpoint& broker);

} // namespace loadsim::net
