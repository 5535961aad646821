// Control packets from bytes: the fixed header (2.1), then the packets in the order of section 3.
#include "reader.hpp"
#include "reason_codes.hpp"

#include <algorithm>

namespace loadsim::mqtt {
namespace {

/// 2.1.3, table 2-2: flags are reserved in all packets but PUBLISH.
bool flags_allowed(packet_type type, std::uint8_t flags) noexcept {
    switch (type) {
    case packet_type::publish: return true;
    case packet_type::pubrel:
    case packet_type::subscribe:
    case packet_type::unsubscribe: return flags == 0b0010;
    default: return flags == 0;
    }
}

/// The flags byte of CONNECT (3.1.2.3).
struct connect_flags {
    explicit connect_flags(std::uint8_t b) : bits(b) {}
    std::uint8_t bits;

    bool reserved() const { return (bits & 0x01) != 0; }
    bool clean_start() const { return (bits & 0x02) != 0; }
    bool will() const { return (bits & 0x04) != 0; }
    std::uint8_t will_qos() const { return bits >> 3 & 3; }
    bool will_retain() const { return (bits & 0x20) != 0; }
    bool password() const { return (bits & 0x40) != 0; }
    bool user() const { return (bits & 0x80) != 0; }

    bool valid(version v) const {
        if (reserved()) return false;                                    // MQTT-3.1.2-3
        if (!will() && (will_qos() != 0 || will_retain())) return false; // MQTT-3.1.2-11, -13
        if (will_qos() == 3) return false;                               // MQTT-3.1.2-12
        return v == version::v5_0 || user() || !password();              // 3.1.1, MQTT-3.1.2-22
    }
};

reason read_will(reader& in, version v, const connect_flags& flags, connect_will& will) noexcept {
    if (const auto bad = read_properties(in, v, will_properties, will.props); bad != reason::success) return bad;
    will.topic = in.text();
    will.payload = in.binary();
    will.quality = static_cast<qos>(flags.will_qos());
    will.retain = flags.will_retain();
    return !in.failed() && valid_topic_name(will.topic) ? reason::success : reason::malformed_packet;
}

/// Packet identifier and properties, which SUBSCRIBE, UNSUBSCRIBE and their acknowledgements begin with.
template <class Packet>
reason read_front(reader& in, version v, packet_type type, Packet& p) noexcept {
    p.packet_id = in.u16();
    if (in.failed()) return reason::malformed_packet;
    if (p.packet_id == 0) return reason::protocol_error; // MQTT-2.2.1-3
    return read_properties(in, v, type, p.props);
}

/// SUBSCRIBE and UNSUBSCRIBE. `take` removes a filter from the front of the payload.
template <class Packet, class Take>
reason read_filters(const frame& f, version v, packet_type type, Packet& p, const Take& take) noexcept {
    p = {};
    if (f.type != type) return reason::protocol_error;
    reader in(f.body);
    if (const auto bad = read_front(in, v, type, p); bad != reason::success) return bad;
    p.filters = in.rest();
    if (p.filters.empty()) return reason::protocol_error; // MQTT-3.8.3-2, MQTT-3.10.3-2
    auto rest = p.filters;
    while (take(rest)) {}
    return rest.empty() ? reason::success : reason::malformed_packet;
}

/// The end of an acknowledgement, DISCONNECT or AUTH of 5.0 (3.4.2.1, 3.14.2.1, 3.15.2.1): nothing for success, or a reason and
/// optional properties.
template <class Packet>
reason read_reason(reader& in, packet_type type, Packet& p) noexcept {
    if (in.left() == 0) return reason::success;
    const auto code = in.u8();
    if (!reason_allowed(type, code)) return reason::protocol_error;
    p.code = static_cast<reason>(code);
    if (in.left() != 0)
        if (const auto bad = read_properties(in, version::v5_0, type, p.props); bad != reason::success) return bad;
    return in.finished() ? reason::success : reason::malformed_packet;
}

} // namespace

framing read_header(byte_view in, header& h) noexcept {
    if (in.empty()) return framing::incomplete;
    h.type = static_cast<packet_type>(in[0] >> 4);
    h.flags = in[0] & 0x0F;
    if (h.type == packet_type{0} || !flags_allowed(h.type, h.flags)) return framing::malformed;
    const auto* at = in.data() + 1;
    switch (read_varint(at, in.data() + in.size(), h.remaining_length)) {
    case varint_state::incomplete: return framing::incomplete;
    case varint_state::malformed: return framing::malformed;
    case varint_state::complete: break;
    }
    h.size = static_cast<std::uint8_t>(at - in.data());
    return framing::complete;
}

reason decode(const frame& f, connect_packet& p) noexcept {
    p = {};
    if (f.type != packet_type::connect) return reason::protocol_error;
    reader in(f.body);
    const auto name = in.text();
    const auto level = in.u8();
    if (in.failed()) return reason::malformed_packet;
    // 3.1.2.1, 3.1.2.2: also MQIsdp, level 3 (3.1), which is obsolete
    if (name != "MQTT" || (level != 4 && level != 5)) return reason::unsupported_protocol_version;
    p.protocol = static_cast<version>(level);
    const connect_flags flags(in.u8());
    if (!flags.valid(p.protocol)) return reason::malformed_packet;
    p.clean_start = flags.clean_start();
    p.keep_alive = in.u16();
    if (const auto bad = read_properties(in, p.protocol, f.type, p.props); bad != reason::success) return bad;
    p.client_id = in.text();
    if (flags.will()) {
        if (const auto bad = read_will(in, p.protocol, flags, p.will.emplace()); bad != reason::success) return bad;
    }
    if (flags.user()) p.user = in.text();
    if (flags.password()) p.password = in.binary();
    return in.finished() ? reason::success : reason::malformed_packet;
}

reason decode(const frame& f, version v, connack_packet& p) noexcept {
    p = {};
    if (f.type != packet_type::connack) return reason::protocol_error;
    reader in(f.body);
    const auto flags = in.u8();
    const auto code = in.u8();
    if (in.failed() || (flags & 0xFE) != 0) return reason::malformed_packet; // MQTT-3.2.2-1
    p.session_present = flags == 1;
    // A server that supports only 3.1.1 replies in that format, without properties: "unacceptable protocol version".
    if (v == version::v5_0 && in.finished() && flags == 0 && code == 1) {
        p.code = reason::unsupported_protocol_version;
        return reason::success;
    }
    if (const auto bad = read_properties(in, v, f.type, p.props); bad != reason::success) return bad;
    if (!in.finished()) return reason::malformed_packet;
    if (v == version::v5_0) {
        if (!reason_allowed(f.type, code)) return reason::protocol_error; // MQTT-3.2.2-8
        p.code = static_cast<reason>(code);
    } else {
        if (code >= connack_return_codes.size()) return reason::protocol_error; // 3.1.1, 3.2.2.3: reserved
        p.code = connack_return_codes[code];
    }
    // MQTT-3.2.2-6 (3.1.1: MQTT-3.2.2-4): no session present in a refusal
    return p.session_present && p.code != reason::success ? reason::protocol_error : reason::success;
}

reason decode(const frame& f, version v, publish_packet& p) noexcept {
    if (f.type != packet_type::publish) return reason::protocol_error;
    const auto quality = f.flags >> 1 & 3;
    p.duplicate = (f.flags & 8) != 0;
    p.retain = (f.flags & 1) != 0;
    if (quality == 3) return reason::malformed_packet;                // MQTT-3.3.1-4
    if (quality == 0 && p.duplicate) return reason::malformed_packet; // MQTT-3.3.1-2
    p.quality = static_cast<qos>(quality);

    reader in(f.body);
    p.topic = in.binary();
    p.packet_id = quality != 0 ? in.u16() : std::uint16_t{0};
    if (in.failed()) return reason::malformed_packet;
    // MQTT-3.3.2-1, -2. An empty name needs a topic alias, checked below.
    const bool may_be_empty = v == version::v5_0 && p.topic.empty();
    if (!may_be_empty && !valid_topic_name(p.topic)) return reason::malformed_packet;
    if (quality != 0 && p.packet_id == 0) return reason::protocol_error; // MQTT-2.2.1-3
    if (const auto bad = read_properties(in, v, f.type, p.props); bad != reason::success) return bad;
    if (p.topic.empty() && !p.props.find(property::topic_alias)) return reason::protocol_error; // 3.3.2.1
    p.payload = as_text(in.rest());
    return reason::success;
}

reason decode(const frame& f, version v, ack_packet& p) noexcept {
    using enum packet_type;
    p = {};
    if (f.type != puback && f.type != pubrec && f.type != pubrel && f.type != pubcomp) return reason::protocol_error;
    p.type = f.type;
    reader in(f.body);
    p.packet_id = in.u16();
    if (v == version::v5_0)
        if (const auto bad = read_reason(in, f.type, p); bad != reason::success) return bad;
    if (!in.finished()) return reason::malformed_packet;
    return p.packet_id != 0 ? reason::success : reason::protocol_error;
}

std::optional<subscription> take_subscription(byte_view& filters, version v) noexcept {
    reader in(filters);
    subscription s;
    s.filter = in.text();
    const auto options = in.u8();
    // 3.8.3.1; 3.1.1, 3.8.3: upper six bits reserved
    const bool reserved = (options & (v == version::v5_0 ? 0xC0 : 0xFC)) != 0;
    if (in.failed() || reserved || (options & 3) == 3 || (options >> 4 & 3) == 3) return std::nullopt;
    if (!valid_topic_filter(s.filter)) return std::nullopt;
    s.quality = static_cast<qos>(options & 3);
    s.no_local = (options & 0x04) != 0;
    s.retain_as_published = (options & 0x08) != 0;
    s.retain_handling = options >> 4 & 3;
    // MQTT-3.8.3-4: no local on a shared subscription
    if (s.no_local && s.filter.starts_with("$share/")) return std::nullopt;
    filters = filters.last(in.left());
    return s;
}

std::optional<std::string_view> take_filter(byte_view& filters) noexcept {
    reader in(filters);
    const auto filter = in.text();
    if (in.failed() || !valid_topic_filter(filter)) return std::nullopt;
    filters = filters.last(in.left());
    return filter;
}

reason decode(const frame& f, version v, subscribe_packet& p) noexcept {
    return read_filters(f, v, packet_type::subscribe, p, [v](byte_view& rest) { return take_subscription(rest, v); });
}

reason decode(const frame& f, version v, unsubscribe_packet& p) noexcept {
    return read_filters(f, v, packet_type::unsubscribe, p, take_filter);
}

reason decode(const frame& f, version v, suback_packet& p) noexcept {
    p = {};
    if (f.type != packet_type::suback && f.type != packet_type::unsuback) return reason::protocol_error;
    p.type = f.type;
    reader in(f.body);
    if (const auto bad = read_front(in, v, f.type, p); bad != reason::success) return bad;
    p.codes = in.rest();
    if (v == version::v3_1_1 && f.type == packet_type::unsuback) // 3.1.1, 3.11.3: no payload
        return p.codes.empty() ? reason::success : reason::malformed_packet;
    if (p.codes.empty()) return reason::malformed_packet; // a SUBSCRIBE has at least one filter
    const auto known = [&](std::uint8_t code) {
        return v == version::v5_0 ? reason_allowed(f.type, code) : code <= 2 || code == 0x80; // 3.1.1, MQTT-3.9.3-2
    };
    return std::ranges::all_of(p.codes, known) ? reason::success : reason::protocol_error;
}

reason decode_ping(const frame& f) noexcept {
    if (f.type != packet_type::pingreq && f.type != packet_type::pingresp) return reason::protocol_error;
    return f.body.empty() ? reason::success : reason::malformed_packet;
}

reason decode(const frame& f, version v, disconnect_packet& p) noexcept {
    p = {};
    if (f.type != packet_type::disconnect) return reason::protocol_error;
    reader in(f.body);
    if (v == version::v5_0) return read_reason(in, f.type, p);
    return f.body.empty() ? reason::success : reason::malformed_packet;
}

reason decode(const frame& f, version v, auth_packet& p) noexcept {
    p = {};
    if (f.type != packet_type::auth) return reason::protocol_error;
    if (v != version::v5_0) return reason::malformed_packet; // 3.1.1, 2.2.1: type 15 is forbidden
    reader in(f.body);
    return read_reason(in, f.type, p);
}

} // namespace loadsim::mqtt
