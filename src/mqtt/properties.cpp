// Reading and checking properties (2.2.2).
#include <loadsim/mqtt/properties.hpp>

#include "property_kinds.hpp"
#include "reader.hpp"

namespace loadsim::mqtt {
namespace {

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

} // namespace loadsim::mqtt
