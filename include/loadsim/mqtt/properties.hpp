// Properties of MQTT 5.0 packets (2.2.2): validated once, kept as raw bytes, decoded on access.
#pragma once

#include <loadsim/mqtt/error.hpp>
#include <loadsim/mqtt/message.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim::mqtt {

enum class packet_type : std::uint8_t {
    connect = 1,
    connack,
    publish,
    puback,
    pubrec,
    pubrel,
    pubcomp,
    subscribe,
    suback,
    unsubscribe,
    unsuback,
    pingreq,
    pingresp,
    disconnect,
    auth,
};

/// A bit for each of the types.
template <class... Types>
constexpr std::uint16_t packet_types(Types... types) {
    return static_cast<std::uint16_t>(((1U << static_cast<unsigned>(types)) | ...));
}

/// 2.2.2.2, table 2-4.
enum class property : std::uint8_t {
    payload_format_indicator = 0x01,
    message_expiry_interval = 0x02,
    content_type = 0x03,
    response_topic = 0x08,
    correlation_data = 0x09,
    subscription_identifier = 0x0B,
    session_expiry_interval = 0x11,
    assigned_client_identifier = 0x12,
    server_keep_alive = 0x13,
    authentication_method = 0x15,
    authentication_data = 0x16,
    request_problem_information = 0x17,
    will_delay_interval = 0x18,
    request_response_information = 0x19,
    response_information = 0x1A,
    server_reference = 0x1C,
    reason_string = 0x1F,
    receive_maximum = 0x21,
    topic_alias_maximum = 0x22,
    topic_alias = 0x23,
    maximum_qos = 0x24,
    retain_available = 0x25,
    user_property = 0x26,
    maximum_packet_size = 0x27,
    wildcard_subscription_available = 0x28,
    subscription_identifier_available = 0x29,
    shared_subscription_available = 0x2A,
};

/// One property. Numbers of all widths are in `number`; strings and binary data in `text`.
struct property_value {
    property id{};
    std::uint32_t number = 0;
    std::string_view text{};
    std::string_view name{}; ///< of a user property, whose value is `text`
};

/// Takes the next property off the front of `rest`; nullopt at the end, and at bytes that are not a property
/// (then `rest` is not empty).
std::optional<property_value> take_property(byte_view& rest) noexcept;

/// Owner of the properties of a will (3.1.3.2), which are not in a packet of their own.
inline constexpr packet_type will_properties{0};

/// Validates the properties of a packet. Errors: malformed_packet for bytes that are not a property or a property not allowed
/// in this packet (2.2.2.2), protocol_error for a duplicate or a forbidden value, topic_alias_invalid for alias 0.
reason check_properties(byte_view raw, packet_type owner) noexcept;

/// The properties of one packet, without their length. The bytes must have been validated.
class properties {
public:
    properties() = default;
    explicit properties(byte_view checked) : raw_(checked) {}

    byte_view raw() const noexcept { return raw_; }
    bool empty() const noexcept { return raw_.empty(); }
    /// The first property of that kind.
    std::optional<property_value> find(property) const noexcept;
    std::optional<std::uint32_t> number(property) const noexcept;
    std::optional<std::string_view> text(property) const noexcept;

private:
    byte_view raw_{};
};

/// Builds properties for a packet to be encoded. Does not check that a property is allowed in that packet; a value of the
/// wrong type (a number for a string) is a bug and asserted.
class property_block {
public:
    property_block& add(property, std::uint32_t number);
    property_block& add(property, std::string_view text); ///< at most 65535 bytes
    property_block& add_user(std::string_view name, std::string_view value);

    properties view() const noexcept { return properties{raw_}; }

private:
    bytes raw_;
};

} // namespace loadsim::mqtt
