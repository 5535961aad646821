// Which reason code may stand in which packet (2.4, table 2-6).
#pragma once

#include <loadsim/mqtt/properties.hpp>

namespace loadsim::mqtt {

/// May a packet of this type carry this reason code in 5.0?
bool reason_allowed(packet_type, std::uint8_t code) noexcept;

} // namespace loadsim::mqtt
