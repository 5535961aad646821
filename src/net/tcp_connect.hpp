// Non-blocking TCP connect by system calls: source ports and SYN retransmission, which Asio does not support.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cerrno>
#include <cstddef>
#include <span>
#include <system_error>

namespace loadsim::net {

struct connect_attempt {
    int socket = -1;
    std::error_code error{}; ///< set: socket is -1
};

/// Starts a non-blocking connect from sources[first], or from the next source with a free port. No sources: the kernel
/// chooses the address. The socket becomes writable when the connect has succeeded or failed.
/// Errors: errc::no_source_port when no source has a free port; else the error of the last failed call.
connect_attempt begin_connect(const boost::asio::ip::tcp::endpoint& to,
                              std::span<const boost::asio::ip::address> sources, std::size_t first);

/// Result of the connect (SO_ERROR).
std::error_code connect_error(int socket) noexcept;

/// Of the last failed system call.
inline std::error_code last_error() noexcept { return {errno, std::system_category()}; }

/// A segment, such as the SYN, was retransmitted so far.
bool has_retransmitted(int socket) noexcept;

} // namespace loadsim::net
