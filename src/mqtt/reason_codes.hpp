// Reason codes allowed in each packet type (2.4, table 2-6).
#pragma once

#include <loadsim/mqtt/properties.hpp>

namespace loadsim::mqtt {

/// Whether a 5.0 packet of this type may contain this reason code.
bool reason_allowed(packet_type, std::uint8_t code) noexcept;

} // namespace loadsim::mqtt
