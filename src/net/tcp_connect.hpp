// The beginning of a TCP connection, as system calls: what Asio does not know of source ports and repeated SYNs.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <span>
#include <system_error>

namespace loadsim::net {

struct connecting {
    int socket = -1;
    std::error_code error{}; ///< set: there is no socket
};

/// Begins to connect, without blocking, from the sources in turn, beginning with `first`: the next one when one has no free
/// port. No sources: from the address that the kernel chooses. The socket becomes writable when it stands or has failed.
/// Errors: errc::no_source_port when no source has a port free; else what the last call that failed says.
connecting begin_connect(const boost::asio::ip::tcp::endpoint& to, std::span<const boost::asio::ip::address> sources,
                         std::size_t first);

/// What became of it.
std::error_code connect_error(int socket) noexcept;

/// Its SYN, or anything else, had to be sent again so far.
bool has_retransmitted(int socket) noexcept;

} // namespace loadsim::net
