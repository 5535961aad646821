// Reason codes (2.4) in packets: those allowed in each packet type, and the return codes of 3.1.1.
#pragma once

#include <loadsim/mqtt/properties.hpp>

#include <array>

namespace loadsim::mqtt {

/// True: a 5.0 packet of this type may contain this reason code (table 2-6).
bool reason_allowed(packet_type, std::uint8_t code) noexcept;

/// CONNACK return codes of 3.1.1 (3.2.2.3, table 3.1) as reason codes of 5.0, by return code.
inline constexpr std::array<reason, 6> connack_return_codes{
    reason::success,
    reason::unsupported_protocol_version,
    reason::client_identifier_not_valid,
    reason::server_unavailable,
    reason::bad_user_name_or_password,
    reason::not_authorized,
};

} // namespace loadsim::mqtt
