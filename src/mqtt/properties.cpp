// Properties (2.2.2): their types, reading, checking and building.
#include <loadsim/mqtt/properties.hpp>

#include "reader.hpp"
#include "writer.hpp"

#include <array>
#include <cassert>

namespace loadsim::mqtt {
namespace {

// Types of the properties and the packets that may contain them (table 2-4).
enum class property_kind : std::uint8_t { none, byte, two_bytes, four_bytes, varint, text, binary, pair };

struct property_rule {
    property_kind kind = property_kind::none;
    std::uint16_t owners = 0; ///< a bit for each packet type, bit 0 for a will

    constexpr bool allowed_in(packet_type owner) const { return (owners >> static_cast<unsigned>(owner) & 1) != 0; }
};

constexpr auto make_property_rules() {
    using enum packet_type;
    using kind = property_kind;
    std::array<property_rule, 0x2B> rules{};
    const auto set = [&](property id, kind k, std::uint16_t owners) {
        rules[static_cast<std::size_t>(id)] = {k, owners};
    };
    constexpr auto message = packet_types(publish, will_properties);
    constexpr auto replies = packet_types(connack, puback, pubrec, pubrel, pubcomp, suback, unsuback, disconnect, auth);
    set(property::payload_format_indicator, kind::byte, message);
    set(property::message_expiry_interval, kind::four_bytes, message);
    set(property::content_type, kind::text, message);
    set(property::response_topic, kind::text, message);
    set(property::correlation_data, kind::binary, message);
    set(property::subscription_identifier, kind::varint, packet_types(publish, subscribe));
    set(property::session_expiry_interval, kind::four_bytes, packet_types(connect, connack, disconnect));
    set(property::assigned_client_identifier, kind::text, packet_types(connack));
    set(property::server_keep_alive, kind::two_bytes, packet_types(connack));
    set(property::authentication_method, kind::text, packet_types(connect, connack, auth));
    set(property::authentication_data, kind::binary, packet_types(connect, connack, auth));
    set(property::request_problem_information, kind::byte, packet_types(connect));
    set(property::will_delay_interval, kind::four_bytes, packet_types(will_properties));
    set(property::request_response_information, kind::byte, packet_types(connect));
    set(property::response_information, kind::text, packet_types(connack));
    set(property::server_reference, kind::text, packet_types(connack, disconnect));
    set(property::reason_string, kind::text, replies);
    set(property::receive_maximum, kind::two_bytes, packet_types(connect, connack));
    set(property::topic_alias_maximum, kind::two_bytes, packet_types(connect, connack));
    set(property::topic_alias, kind::two_bytes, packet_types(publish));
    set(property::maximum_qos, kind::byte, packet_types(connack));
    set(property::retain_available, kind::byte, packet_types(connack));
    set(property::user_property, kind::pair,
        static_cast<std::uint16_t>(replies | message | packet_types(connect, subscribe, unsubscribe)));
    set(property::maximum_packet_size, kind::four_bytes, packet_types(connect, connack));
    set(property::wildcard_subscription_available, kind::byte, packet_types(connack));
    set(property::subscription_identifier_available, kind::byte, packet_types(connack));
    set(property::shared_subscription_available, kind::byte, packet_types(connack));
    return rules;
}

constexpr auto property_rules = make_property_rules();
constexpr property_rule no_property{};

constexpr const property_rule& property_rule_of(std::uint8_t id) {
    return id < property_rules.size() ? property_rules[id] : no_property;
}

/// Rejects forbidden values of a property.
reason check_value(const property_value& p) noexcept {
    using enum property;
    switch (p.id) {
    case payload_format_indicator:          // 3.3.2.3.2
    case request_problem_information:       // 3.1.2.11.7
    case request_response_information:      // 3.1.2.11.6
    case maximum_qos:                       // 3.2.2.3.4
    case retain_available:                  // 3.2.2.3.5
    case wildcard_subscription_available:   // 3.2.2.3.11
    case subscription_identifier_available: // 3.2.2.3.12
    case shared_subscription_available:     // 3.2.2.3.13
        return p.number <= 1 ? reason::success : reason::protocol_error;
    case receive_maximum:         // 3.1.2.11.3, 3.2.2.3.3
    case maximum_packet_size:     // 3.1.2.11.4, 3.2.2.3.6
    case subscription_identifier: // 3.8.2.1.2
        return p.number != 0 ? reason::success : reason::protocol_error;
    case topic_alias: // 3.3.2.3.4
        return p.number != 0 ? reason::success : reason::topic_alias_invalid;
    case response_topic: // 3.3.2.3.5
        return valid_topic_name(p.text) ? reason::success : reason::protocol_error;
    default: return reason::success;
    }
}

template <class Write>
void append(bytes& out, property id, const Write& write) {
    counting_sink size;
    size.u8(0);
    write(size);
    assert(size.fits() && "a property string is at most 65535 bytes long");
    const auto start = out.size();
    out.resize(start + size.size());
    writing_sink sink(out.data() + start);
    sink.u8(static_cast<std::uint8_t>(id));
    write(sink);
}

} // namespace

std::optional<property_value> take_property(byte_view& rest) noexcept {
    if (rest.empty()) return std::nullopt;
    reader in(rest);
    property_value p;
    // The identifier is a variable byte integer (2.2.2.2), but all defined ones have one byte.
    const auto id = in.u8();
    p.id = static_cast<property>(id);
    switch (property_rule_of(id).kind) {
    case property_kind::none: return std::nullopt;
    case property_kind::byte: p.number = in.u8(); break;
    case property_kind::two_bytes: p.number = in.u16(); break;
    case property_kind::four_bytes: p.number = in.u32(); break;
    case property_kind::varint: p.number = in.varint(); break;
    case property_kind::text: p.text = in.text(); break;
    case property_kind::binary: p.text = in.binary(); break;
    case property_kind::pair:
        p.name = in.text();
        p.text = in.text();
        break;
    }
    if (in.failed()) return std::nullopt;
    rest = rest.last(in.left());
    return p;
}

reason check_properties(byte_view raw, packet_type owner) noexcept {
    std::uint64_t seen = 0;
    while (const auto p = take_property(raw)) {
        const auto id = static_cast<std::uint8_t>(p->id);
        const auto& rule = property_rule_of(id);
        if (!rule.allowed_in(owner)) return reason::malformed_packet; // 2.2.2.2
        // 3.3.2.3.8: several subscriptions may match one message; 2.2.2.2: user properties may be repeated.
        const bool repeatable = p->id == property::user_property ||
                                (p->id == property::subscription_identifier && owner == packet_type::publish);
        if (!repeatable && (seen >> id & 1) != 0) return reason::protocol_error;
        seen |= std::uint64_t{1} << id;
        if (const auto bad = check_value(*p); bad != reason::success) return bad;
    }
    if (!raw.empty()) return reason::malformed_packet;
    // 3.1.2.11.10: authentication data without a method
    const auto has = [&](property id) { return (seen >> static_cast<unsigned>(id) & 1) != 0; };
    if (has(property::authentication_data) && !has(property::authentication_method)) return reason::protocol_error;
    return reason::success;
}

std::optional<property_value> properties::find(property id) const noexcept {
    auto rest = raw_;
    while (const auto p = take_property(rest))
        if (p->id == id) return p;
    return std::nullopt;
}

std::optional<std::uint32_t> properties::number(property id) const noexcept {
    const auto p = find(id);
    return p ? std::optional(p->number) : std::nullopt;
}

std::optional<std::string_view> properties::text(property id) const noexcept {
    const auto p = find(id);
    return p ? std::optional(p->text) : std::nullopt;
}

std::string_view user_property(const message& m, std::string_view name) noexcept {
    for (auto rest = m.raw_properties; const auto p = take_property(rest);)
        if (p->id == property::user_property && p->name == name) return p->text;
    return {};
}

property_block& property_block::add(property id, std::uint32_t number) {
    append(raw_, id, [&](auto& sink) {
        switch (property_rule_of(static_cast<std::uint8_t>(id)).kind) {
        case property_kind::byte: sink.u8(static_cast<std::uint8_t>(number)); break;
        case property_kind::two_bytes: sink.u16(static_cast<std::uint16_t>(number)); break;
        case property_kind::four_bytes: sink.u32(number); break;
        case property_kind::varint: sink.varint(number); break;
        default: assert(false && "this property is not a number");
        }
    });
    return *this;
}

property_block& property_block::add(property id, std::string_view text) {
    [[maybe_unused]] const auto kind = property_rule_of(static_cast<std::uint8_t>(id)).kind;
    assert((kind == property_kind::text || kind == property_kind::binary) && "this property is not a string");
    append(raw_, id, [&](auto& sink) { sink.text(text); });
    return *this;
}

property_block& property_block::add_user(std::string_view name, std::string_view value) {
    append(raw_, property::user_property, [&](auto& sink) {
        sink.text(name);
        sink.text(value);
    });
    return *this;
}

} // namespace loadsim::mqtt
