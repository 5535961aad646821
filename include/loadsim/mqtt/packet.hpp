// MQTT control packets of 3.1.1 and 5.0 as plain structs, to and from bytes. Clauses are those of 5.0 unless stated.
//
// Shape:   decoding copies nothing: strings and properties are views into the bytes that were decoded, so those must
//          live as long as the struct. Encoding appends to `out`.
// Errors:  decode() returns reason::success, or the reason code that a DISCONNECT should carry: malformed_packet,
//          protocol_error, topic_alias_invalid. The struct is then unspecified.
//          encode() returns false and leaves `out` as it was when the packet cannot be encoded: a string
//          above 65535 bytes (1.5.4), a packet above 268435455 bytes (2.1.4).
//          decode() is strict; encode() checks sizes only.
#pragma once

#include <loadsim/mqtt/error.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/mqtt/properties.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace loadsim::mqtt {

/// The largest Remaining Length (2.1.4).
inline constexpr std::uint32_t remaining_length_max = 268'435'455;

/// The fixed header (2.1).
struct header {
    packet_type type{};
    std::uint8_t flags = 0;
    std::uint8_t size = 0; ///< of the header itself, 2 to 5 bytes
    std::uint32_t remaining_length = 0;

    std::size_t packet_size() const noexcept { return std::size_t{size} + remaining_length; }
};

enum class framing : std::uint8_t { complete, incomplete, malformed };

/// Reads the fixed header at the front of `in`. Returns `malformed` as early as possible: type 0 or
/// reserved flags (2.1.3) from the first byte, a length that is too long or not the shortest (1.5.5) as it is read.
framing read_header(byte_view in, header&) noexcept;

/// A complete packet, split into header and body only.
struct frame {
    packet_type type{};
    std::uint8_t flags = 0;
    byte_view body{};

    frame() = default;
    /// `in` starts with the header and holds the whole packet.
    frame(const header& h, byte_view in) : type(h.type), flags(h.flags), body(in.subspan(h.size, h.remaining_length)) {}
};

/// The will in a CONNECT (3.1.3.2 to 3.1.3.4).
struct connect_will {
    std::string_view topic{};
    std::string_view payload{};
    qos quality = qos::at_most_once;
    bool retain = false;
    properties props{};
};

/// CONNECT (3.1).
struct connect_packet {
    version protocol = version::v5_0;
    bool clean_start = true;
    std::uint16_t keep_alive = 0;
    properties props{};
    std::string_view client_id{};
    std::optional<connect_will> will{};
    std::optional<std::string_view> user{};
    std::optional<std::string_view> password{};
};

/// CONNACK (3.2). 3.1.1 return codes are mapped to reason codes and back.
struct connack_packet {
    bool session_present = false;
    reason code = reason::success;
    properties props{};
};

/// PUBLISH (3.3).
struct publish_packet {
    bool duplicate = false;
    qos quality = qos::at_most_once;
    bool retain = false;
    std::string_view topic{};
    std::uint16_t packet_id = 0; ///< 0 for QoS 0
    properties props{};
    std::string_view payload{};
};

/// PUBACK, PUBREC, PUBREL, PUBCOMP (3.4 to 3.7).
struct ack_packet {
    packet_type type = packet_type::puback;
    std::uint16_t packet_id = 0;
    reason code = reason::success;
    properties props{};
};

/// SUBSCRIBE (3.8). `filters` is the payload; take_subscription() walks it.
struct subscribe_packet {
    std::uint16_t packet_id = 0;
    properties props{};
    byte_view filters{};
};
/// Takes the next filter off the payload of a decoded SUBSCRIBE; nullopt at its end.
std::optional<subscription> take_subscription(byte_view& filters, version) noexcept;

/// UNSUBSCRIBE (3.10). `filters` is the payload; take_filter() walks it.
struct unsubscribe_packet {
    std::uint16_t packet_id = 0;
    properties props{};
    byte_view filters{};
};
/// Takes the next filter off the payload of a decoded UNSUBSCRIBE; nullopt at its end.
std::optional<std::string_view> take_filter(byte_view& filters) noexcept;

/// SUBACK (3.9) and UNSUBACK (3.11; without codes in 3.1.1). One byte, a reason, for each filter.
struct suback_packet {
    packet_type type = packet_type::suback;
    std::uint16_t packet_id = 0;
    properties props{};
    byte_view codes{};
};

/// DISCONNECT (3.14). 3.1.1 has neither reason nor properties.
struct disconnect_packet {
    reason code = reason::success;
    properties props{};
};

/// AUTH (3.15), 5.0 only.
struct auth_packet {
    reason code = reason::success;
    properties props{};
};

[[nodiscard]] reason decode(const frame&, connect_packet&) noexcept; ///< the packet contains its version
[[nodiscard]] reason decode(const frame&, version, connack_packet&) noexcept;
[[nodiscard]] reason decode(const frame&, version, publish_packet&) noexcept;
[[nodiscard]] reason decode(const frame&, version, ack_packet&) noexcept;
[[nodiscard]] reason decode(const frame&, version, subscribe_packet&) noexcept;
[[nodiscard]] reason decode(const frame&, version, unsubscribe_packet&) noexcept;
[[nodiscard]] reason decode(const frame&, version, suback_packet&) noexcept;
[[nodiscard]] reason decode(const frame&, version, disconnect_packet&) noexcept;
[[nodiscard]] reason decode(const frame&, version, auth_packet&) noexcept;
[[nodiscard]] reason decode_ping(const frame&) noexcept; ///< PINGREQ, PINGRESP (3.12, 3.13): empty

[[nodiscard]] bool encode(const connect_packet&, bytes& out);
[[nodiscard]] bool encode(const connack_packet&, version, bytes& out);
[[nodiscard]] bool encode(const publish_packet&, version, bytes& out);
/// A PUBLISH directly from a message, its 5.0 fields as properties; needs no property_block.
[[nodiscard]] bool encode(const message&, std::uint16_t packet_id, version, bytes& out);
[[nodiscard]] bool encode(const ack_packet&, version, bytes& out);
[[nodiscard]] bool encode_subscribe(std::uint16_t packet_id, std::span<const subscription>, const properties&, version,
                                    bytes& out);
[[nodiscard]] bool encode_unsubscribe(std::uint16_t packet_id, std::span<const std::string_view> filters,
                                      const properties&, version, bytes& out);
[[nodiscard]] bool encode(const suback_packet&, version, bytes& out);
[[nodiscard]] bool encode(const disconnect_packet&, version, bytes& out);
[[nodiscard]] bool encode(const auth_packet&, bytes& out);
void encode_pingreq(bytes& out);
void encode_pingresp(bytes& out);

/// 4.7.3, 4.7.1: at least one character, at most 65535 bytes, UTF-8 without U+0000, no wildcard.
bool valid_topic_name(std::string_view) noexcept;
/// 4.7.1, 4.8.2: the same, with wildcards where they are allowed and complete shared subscriptions.
bool valid_topic_filter(std::string_view) noexcept;
/// True: the filter matches the topic (4.7); both must be valid. Of a shared subscription the part behind its name is used.
bool matches(std::string_view filter, std::string_view topic) noexcept;
/// 1.5.4: well-formed, no surrogates, no U+0000.
bool valid_utf8(std::string_view) noexcept;

} // namespace loadsim::mqtt
