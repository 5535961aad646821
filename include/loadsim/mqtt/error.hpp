// Reason codes and error codes of MQTT sessions.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <system_error>

namespace loadsim::mqtt {

/// MQTT 5.0 reason codes (2.4). 3.1.1 return codes are mapped to these (CONNACK 1-5 to 0x84, 0x85, 0x88, 0x86, 0x87).
enum class reason : std::uint8_t {
    success = 0x00, // also: normal disconnection, granted QoS 0
    granted_qos_1 = 0x01,
    granted_qos_2 = 0x02,
    disconnect_with_will = 0x04,
    no_matching_subscribers = 0x10,
    no_subscription_existed = 0x11,
    continue_authentication = 0x18,
    reauthenticate = 0x19,
    unspecified_error = 0x80,
    malformed_packet = 0x81,
    protocol_error = 0x82,
    implementation_specific_error = 0x83,
    unsupported_protocol_version = 0x84,
    client_identifier_not_valid = 0x85,
    bad_user_name_or_password = 0x86,
    not_authorized = 0x87,
    server_unavailable = 0x88,
    server_busy = 0x89,
    banned = 0x8A,
    server_shutting_down = 0x8B,
    bad_authentication_method = 0x8C,
    keep_alive_timeout = 0x8D,
    session_taken_over = 0x8E,
    topic_filter_invalid = 0x8F,
    topic_name_invalid = 0x90,
    packet_identifier_in_use = 0x91,
    packet_identifier_not_found = 0x92,
    receive_maximum_exceeded = 0x93,
    topic_alias_invalid = 0x94,
    packet_too_large = 0x95,
    message_rate_too_high = 0x96,
    quota_exceeded = 0x97,
    administrative_action = 0x98,
    payload_format_invalid = 0x99,
    retain_not_supported = 0x9A,
    qos_not_supported = 0x9B,
    use_another_server = 0x9C,
    server_moved = 0x9D,
    shared_subscriptions_not_supported = 0x9E,
    connection_rate_exceeded = 0x9F,
    maximum_connect_time = 0xA0,
    subscription_identifiers_not_supported = 0xA1,
    wildcard_subscriptions_not_supported = 0xA2,
};

/// CONNACK return codes of 3.1.1 (3.2.2.3, table 3.1) as reason codes of 5.0, by return code.
inline constexpr std::array<reason, 6> connack_return_codes{
    reason::success,
    reason::unsupported_protocol_version,
    reason::client_identifier_not_valid,
    reason::server_unavailable,
    reason::bad_user_name_or_password,
    reason::not_authorized,
};

/// "session taken over"; the name of section 2.4 in lower case; "reason 0xNN" for a number that has none.
std::string to_string(reason);

/// Errors of sessions and calls.
enum class errc {
    ok = 0,
    malformed_packet,      ///< bytes that do not form a packet (1.5, 2.x): closes the session
    protocol_error,        ///< a packet not allowed in this state: closes the session
    packet_too_large,      ///< above our maximum packet size: closes the session
    connect_refused,       ///< CONNACK with a reason >= 0x80; see session::last_reason()
    use_another_server,    ///< CONNACK or DISCONNECT 0x9C / 0x9D; see session::server_reference()
    server_disconnected,   ///< DISCONNECT from the server; see session::last_reason()
    connack_timeout,       ///< no CONNACK in time
    keep_alive_timeout,    ///< no PINGRESP in time
    unexpected_session,    ///< session present = 1, though CONNECT asked for a clean start (3.2.2.1.1)
    stale_session,         ///< 3.1.1: the server keeps a session of an earlier run; the next connects discard it
    not_connected,         ///< publish or subscribe before CONNACK
    queue_full,            ///< receive maximum used up and the queue is full too
    no_packet_identifier,  ///< all 65535 in use
    refused_by_capability, ///< the server's CONNACK does not allow this QoS, retain or size
    invalid_argument,      ///< topic name with a wildcard, string over 65535 bytes, ...
};

const std::error_category& category() noexcept;
inline std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), category()}; }

} // namespace loadsim::mqtt

template <>
struct std::is_error_code_enum<loadsim::mqtt::errc> : std::true_type {};
