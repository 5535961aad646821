// Network namespace of a test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace harness {

/// Moves the calling thread and its later children into a new network namespace that has only a loopback interface.
/// False: not permitted.
bool enter_network_namespace();

/// Sets the range of source ports of the namespace.
void set_port_range(std::uint16_t first, std::uint16_t last);

/// Number of established connections from an IPv4 address to a port.
std::size_t connection_count_from(const std::string& address, std::uint16_t port);

/// Source ports of these connections.
std::vector<std::uint16_t> ports_from(const std::string& address, std::uint16_t port);

/// Opens such a connection; returns its socket, to be closed by the caller, or -1.
int connect_from(const std::string& address, std::uint16_t port);

} // namespace harness
