// Messages of session errors; reason codes (2.4): names and allowed packet types.
#include <loadsim/mqtt/error.hpp>

#include "reason_codes.hpp"

#include <array>
#include <cstdio>

namespace loadsim::mqtt {
namespace {

class mqtt_category final : public std::error_category {
public:
    const char* name() const noexcept override { return "mqtt"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::ok: return "success";
        case errc::malformed_packet: return "the server sent a malformed packet";
        case errc::protocol_error: return "the server broke the MQTT protocol";
        case errc::packet_too_large: return "the server sent a packet above the maximum packet size";
        case errc::connect_refused: return "connection refused by the server";
        case errc::use_another_server: return "the server refers to another server";
        case errc::server_disconnected: return "disconnected by the server";
        case errc::connack_timeout: return "the server did not answer CONNECT in time";
        case errc::keep_alive_timeout: return "the server did not answer a ping in time";
        case errc::unexpected_session: return "the server resumed a session that this client does not have";
        case errc::stale_session: return "a session of an earlier run is being discarded";
        case errc::not_connected: return "not connected";
        case errc::queue_full: return "too many messages wait for the server's acknowledgements";
        case errc::no_packet_identifier: return "all packet identifiers are in use";
        case errc::refused_by_capability: return "the server does not support this QoS, retain or packet size";
        case errc::invalid_argument: return "a topic, filter or string that MQTT does not allow";
        }
        return "mqtt error " + std::to_string(value);
    }
};

struct reason_row {
    std::string_view name{};
    std::uint16_t owners = 0; ///< a bit for each packet type
};

constexpr auto make_rows() {
    using enum packet_type;
    std::array<reason_row, 256> rows{};
    const auto set = [&](reason r, std::string_view name, std::uint16_t owners) {
        rows[static_cast<std::size_t>(r)] = {name, owners};
    };
    constexpr auto refusal_of_message = packet_types(puback, pubrec);
    constexpr auto connection = packet_types(connack, disconnect);
    constexpr auto anything = packet_types(connack, puback, pubrec, suback, unsuback, disconnect);
    set(reason::success, "success",
        packet_types(connack, puback, pubrec, pubrel, pubcomp, suback, unsuback, disconnect, auth));
    set(reason::granted_qos_1, "granted qos 1", packet_types(suback));
    set(reason::granted_qos_2, "granted qos 2", packet_types(suback));
    set(reason::disconnect_with_will, "disconnect with will message", packet_types(disconnect));
    set(reason::no_matching_subscribers, "no matching subscribers", refusal_of_message);
    set(reason::no_subscription_existed, "no subscription existed", packet_types(unsuback));
    set(reason::continue_authentication, "continue authentication", packet_types(auth));
    set(reason::reauthenticate, "re-authenticate", packet_types(auth));
    set(reason::unspecified_error, "unspecified error", anything);
    set(reason::malformed_packet, "malformed packet", connection);
    set(reason::protocol_error, "protocol error", connection);
    set(reason::implementation_specific_error, "implementation specific error", anything);
    set(reason::unsupported_protocol_version, "unsupported protocol version", packet_types(connack));
    set(reason::client_identifier_not_valid, "client identifier not valid", packet_types(connack));
    set(reason::bad_user_name_or_password, "bad user name or password", packet_types(connack));
    set(reason::not_authorized, "not authorized", anything);
    set(reason::server_unavailable, "server unavailable", packet_types(connack));
    set(reason::server_busy, "server busy", connection);
    set(reason::banned, "banned", packet_types(connack));
    set(reason::server_shutting_down, "server shutting down", packet_types(disconnect));
    set(reason::bad_authentication_method, "bad authentication method", connection);
    set(reason::keep_alive_timeout, "keep alive timeout", packet_types(disconnect));
    set(reason::session_taken_over, "session taken over", packet_types(disconnect));
    set(reason::topic_filter_invalid, "topic filter invalid", packet_types(suback, unsuback, disconnect));
    set(reason::topic_name_invalid, "topic name invalid", connection | refusal_of_message);
    set(reason::packet_identifier_in_use, "packet identifier in use", packet_types(puback, pubrec, suback, unsuback));
    set(reason::packet_identifier_not_found, "packet identifier not found", packet_types(pubrel, pubcomp));
    set(reason::receive_maximum_exceeded, "receive maximum exceeded", packet_types(disconnect));
    set(reason::topic_alias_invalid, "topic alias invalid", packet_types(disconnect));
    set(reason::packet_too_large, "packet too large", connection);
    set(reason::message_rate_too_high, "message rate too high", packet_types(disconnect));
    set(reason::quota_exceeded, "quota exceeded", connection | refusal_of_message | packet_types(suback));
    set(reason::administrative_action, "administrative action", packet_types(disconnect));
    set(reason::payload_format_invalid, "payload format invalid", connection | refusal_of_message);
    set(reason::retain_not_supported, "retain not supported", connection);
    set(reason::qos_not_supported, "qos not supported", connection);
    set(reason::use_another_server, "use another server", connection);
    set(reason::server_moved, "server moved", connection);
    set(reason::shared_subscriptions_not_supported, "shared subscriptions not supported",
        packet_types(suback, disconnect));
    set(reason::connection_rate_exceeded, "connection rate exceeded", connection);
    set(reason::maximum_connect_time, "maximum connect time", packet_types(disconnect));
    set(reason::subscription_identifiers_not_supported, "subscription identifiers not supported",
        packet_types(suback, disconnect));
    set(reason::wildcard_subscriptions_not_supported, "wildcard subscriptions not supported",
        packet_types(suback, disconnect));
    return rows;
}

constexpr auto rows = make_rows();

} // namespace

const std::error_category& category() noexcept {
    static const mqtt_category instance;
    return instance;
}

bool reason_allowed(packet_type type, std::uint8_t code) noexcept {
    return (rows[code].owners >> static_cast<unsigned>(type) & 1) != 0;
}

std::string to_string(reason r) {
    const auto code = static_cast<unsigned>(r);
    if (!rows[code].name.empty()) return std::string(rows[code].name);
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "reason 0x%02X", code);
    return text.data();
}

} // namespace loadsim::mqtt
