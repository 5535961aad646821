// A network of the test's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace stage {

/// Puts the thread that calls, and what it starts from then on, into a new network namespace with a loopback interface and
/// nothing else. False: that is not allowed here.
bool enter_own_network();

/// The range of source ports there.
void set_port_range(std::uint16_t first, std::uint16_t last);

/// Established connections there from an IPv4 address to a port.
std::size_t connections_from(const std::string& address, std::uint16_t port);

/// The ports that those come from.
std::vector<std::uint16_t> ports_from(const std::string& address, std::uint16_t port);

/// One of those, of the test's own; -1 when there is none to be had. To be closed by the caller.
int connect_from(const std::string& address, std::uint16_t port);

} // namespace stage
