// Errors of a connection that the operating system does not report.
#pragma once

#include <system_error>

namespace loadsim::net {

enum class errc {
    ok = 0,
    closed_by_peer,           ///< the peer closed the connection
    connect_timeout,          ///< no TCP connection within the timeout
    tls_timeout,              ///< no TLS handshake within the timeout
    no_credentials,           ///< the certificate or key of this client cannot be read or made
    peer_not_reading,         ///< too many unsent bytes
    packet_too_large,         ///< too many bytes received of one incomplete packet
    no_source_port,           ///< all ports of all source addresses are in use
    too_many_partial_packets, ///< too many bytes received of the incomplete packets of all links together
};

const std::error_category& category() noexcept;
/// A temporary shortage of a resource of this machine: open files, memory, source ports.
bool is_resource_shortage(const std::error_code&) noexcept;
inline std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), category()}; }

} // namespace loadsim::net

template <>
struct std::is_error_code_enum<loadsim::net::errc> : std::true_type {};
