// Reason codes (2.4) in packets: those allowed in each packet type.
#pragma once

#include <loadsim/mqtt/properties.hpp>

#include <cstdint>

namespace loadsim::mqtt {

/// True: a 5.0 packet of this type may contain this reason code (table 2-6).
bool reason_allowed(packet_type, std::uint8_t code) noexcept;

} // namespace loadsim::mqtt
