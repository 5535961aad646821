// Types of the properties and the packets that may contain them (MQTT 5.0, table 2-4).
#pragma once

#include <loadsim/mqtt/properties.hpp>

#include <array>

namespace loadsim::mqtt {

enum class property_kind : std::uint8_t { none, byte, two_bytes, four_bytes, varint, text, binary, pair };

struct property_rule {
    property_kind kind = property_kind::none;
    std::uint16_t owners = 0; ///< a bit for each packet type, bit 0 for a will

    constexpr bool allowed_in(packet_type owner) const { return (owners >> static_cast<unsigned>(owner) & 1) != 0; }
};

namespace detail {

template <class... Types>
constexpr std::uint16_t in(Types... types) {
    return static_cast<std::uint16_t>(((1U << static_cast<unsigned>(types)) | ...));
}

constexpr auto make_property_rules() {
    using enum packet_type;
    using kind = property_kind;
    std::array<property_rule, 0x2B> rules{};
    const auto set = [&](property id, kind k, std::uint16_t owners) {
        rules[static_cast<std::size_t>(id)] = {k, owners};
    };
    constexpr auto message = in(publish, will_properties);
    constexpr auto replies = in(connack, puback, pubrec, pubrel, pubcomp, suback, unsuback, disconnect, auth);
    set(property::payload_format_indicator, kind::byte, message);
    set(property::message_expiry_interval, kind::four_bytes, message);
    set(property::content_type, kind::text, message);
    set(property::response_topic, kind::text, message);
    set(property::correlation_data, kind::binary, message);
    set(property::subscription_identifier, kind::varint, in(publish, subscribe));
    set(property::session_expiry_interval, kind::four_bytes, in(connect, connack, disconnect));
    set(property::assigned_client_identifier, kind::text, in(connack));
    set(property::server_keep_alive, kind::two_bytes, in(connack));
    set(property::authentication_method, kind::text, in(connect, connack, auth));
    set(property::authentication_data, kind::binary, in(connect, connack, auth));
    set(property::request_problem_information, kind::byte, in(connect));
    set(property::will_delay_interval, kind::four_bytes, in(will_properties));
    set(property::request_response_information, kind::byte, in(connect));
    set(property::response_information, kind::text, in(connack));
    set(property::server_reference, kind::text, in(connack, disconnect));
    set(property::reason_string, kind::text, replies);
    set(property::receive_maximum, kind::two_bytes, in(connect, connack));
    set(property::topic_alias_maximum, kind::two_bytes, in(connect, connack));
    set(property::topic_alias, kind::two_bytes, in(publish));
    set(property::maximum_qos, kind::byte, in(connack));
    set(property::retain_available, kind::byte, in(connack));
    set(property::user_property, kind::pair,
        static_cast<std::uint16_t>(replies | message | in(connect, subscribe, unsubscribe)));
    set(property::maximum_packet_size, kind::four_bytes, in(connect, connack));
    set(property::wildcard_subscription_available, kind::byte, in(connack));
    set(property::subscription_identifier_available, kind::byte, in(connack));
    set(property::shared_subscription_available, kind::byte, in(connack));
    return rules;
}

inline constexpr auto property_rules = make_property_rules();
inline constexpr property_rule no_property{};

} // namespace detail

constexpr const property_rule& property_rule_of(std::uint8_t id) {
    return id < detail::property_rules.size() ? detail::property_rules[id] : detail::no_property;
}

} // namespace loadsim::mqtt
