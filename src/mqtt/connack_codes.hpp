// CONNACK return codes of 3.1.1 (3.2.2.3, table 3.1) as reason codes of 5.0.
#pragma once

#include <loadsim/mqtt/error.hpp>

#include <array>

namespace loadsim::mqtt {

/// By return code.
inline constexpr std::array<reason, 6> connack_return_codes{
    reason::success,
    reason::unsupported_protocol_version,
    reason::client_identifier_not_valid,
    reason::server_unavailable,
    reason::bad_user_name_or_password,
    reason::not_authorized,
};

} // namespace loadsim::mqtt
