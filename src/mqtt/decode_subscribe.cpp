// SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK (3.8 to 3.11) from bytes.
#include "reader.hpp"
#include "reason_codes.hpp"

#include <algorithm>

namespace loadsim::mqtt {
namespace {

/// Packet identifier and properties, which all four begin with.
template <class Packet>
reason read_front(reader& in, version v, packet_type type, Packet& p) noexcept {
    p.packet_id = in.u16();
    if (in.failed()) return reason::malformed_packet;
    if (p.packet_id == 0) return reason::protocol_error; // MQTT-2.2.1-3
    return read_properties(in, v, type, p.props);
}

} // namespace

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
    p = {};
    if (f.type != packet_type::subscribe) return reason::protocol_error;
    reader in(f.body);
    if (const auto bad = read_front(in, v, f.type, p); bad != reason::success) return bad;
    p.filters = in.rest();
    if (p.filters.empty()) return reason::protocol_error; // MQTT-3.8.3-2
    auto rest = p.filters;
    while (take_subscription(rest, v)) {}
    return rest.empty() ? reason::success : reason::malformed_packet;
}

reason decode(const frame& f, version v, unsubscribe_packet& p) noexcept {
    p = {};
    if (f.type != packet_type::unsubscribe) return reason::protocol_error;
    reader in(f.body);
    if (const auto bad = read_front(in, v, f.type, p); bad != reason::success) return bad;
    p.filters = in.rest();
    if (p.filters.empty()) return reason::protocol_error; // MQTT-3.10.3-2
    auto rest = p.filters;
    while (take_filter(rest)) {}
    return rest.empty() ? reason::success : reason::malformed_packet;
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

} // namespace loadsim::mqtt
