// What can happen to a connection besides what the operating system says.
#pragma once

#include <system_error>

namespace loadsim::net {

enum class errc {
    ok = 0,
    closed_by_peer,   ///< the other side ended the connection
    connect_timeout,  ///< no TCP connection in time
    peer_not_reading, ///< too much waits to be sent
    packet_endless,   ///< too much was received that does not make a packet yet
    no_source_port,   ///< every port of every source address is taken
};

const std::error_category& category() noexcept;
/// This machine lacks something that may come back by itself: open files, memory, source ports.
bool is_shortage(const std::error_code&) noexcept;
inline std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), category()}; }

} // namespace loadsim::net

template <>
struct std::is_error_code_enum<loadsim::net::errc> : std::true_type {};
