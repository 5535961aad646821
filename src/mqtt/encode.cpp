// Control packets to bytes, in the order of section 3.
#include "reason_codes.hpp"
#include "writer.hpp"

#include <algorithm>

namespace loadsim::mqtt {
namespace {

std::uint8_t connect_flags_of(const connect_packet& p) {
    unsigned flags = p.clean_start ? 0x02 : 0;
    if (p.will) flags |= 0x04 | static_cast<unsigned>(p.will->quality) << 3 | (p.will->retain ? 0x20U : 0U);
    if (p.password) flags |= 0x40;
    if (p.user) flags |= 0x80;
    return static_cast<std::uint8_t>(flags);
}

/// 3.1.1 has six codes only: any other reason becomes "server unavailable".
std::uint8_t connack_return_code(reason r) {
    const auto at = std::ranges::find(connack_return_codes, r);
    return at != connack_return_codes.end() ? static_cast<std::uint8_t>(at - connack_return_codes.begin())
                                            : std::uint8_t{3};
}

std::uint8_t publish_first_byte(qos quality, bool retain, bool duplicate) {
    return first_byte(packet_type::publish,
                      static_cast<unsigned>(quality) << 1 | (retain ? 1U : 0U) | (duplicate ? 8U : 0U));
}

template <class Sink>
void put_id(Sink& sink, property id) {
    sink.u8(static_cast<std::uint8_t>(id));
}

template <class Sink>
void put_message_properties(Sink& sink, const message& m) {
    if (m.expiry_interval != 0) {
        put_id(sink, property::message_expiry_interval);
        sink.u32(m.expiry_interval);
    }
    const auto put = [&](property id, std::string_view text) {
        if (text.empty()) return;
        put_id(sink, id);
        sink.text(text);
    };
    put(property::content_type, m.content_type);
    put(property::response_topic, m.response_topic);
    put(property::correlation_data, m.correlation_data);
    for (const auto& [name, value] : m.user_properties) {
        put_id(sink, property::user_property);
        sink.text(name);
        sink.text(value);
    }
}

/// Checks string sizes here, since with_length() measures its part with a separate counting_sink.
bool strings_fit(const message& m) {
    constexpr std::size_t most = 65'535;
    for (const auto& [name, value] : m.user_properties)
        if (name.size() > most || value.size() > most) return false;
    return m.content_type.size() <= most && m.response_topic.size() <= most && m.correlation_data.size() <= most;
}

std::uint8_t subscription_options(const subscription& s, version v) {
    auto options = static_cast<unsigned>(s.quality);
    if (v == version::v5_0)
        options |= (s.no_local ? 0x04U : 0U) | (s.retain_as_published ? 0x08U : 0U) |
                   static_cast<unsigned>(s.retain_handling) << 4;
    return static_cast<std::uint8_t>(options);
}

/// The end of an acknowledgement, DISCONNECT or AUTH in its shortest form (3.4.2.1, 3.14.2.1, 3.15.2.1): nothing for success
/// without properties. 3.1.1 has no reason there.
template <class Sink, class Packet>
void put_reason(Sink& sink, version v, const Packet& p) {
    if (v != version::v5_0 || (p.code == reason::success && p.props.empty())) return;
    sink.u8(static_cast<std::uint8_t>(p.code));
    if (!p.props.empty()) put_properties(sink, v, p.props);
}

} // namespace

bool encode(const connect_packet& p, bytes& out) {
    return append_packet(first_byte(packet_type::connect), out, [&](auto& sink) {
        sink.text("MQTT");
        sink.u8(static_cast<std::uint8_t>(p.protocol));
        sink.u8(connect_flags_of(p));
        sink.u16(p.keep_alive);
        put_properties(sink, p.protocol, p.props);
        sink.text(p.client_id);
        if (p.will) {
            put_properties(sink, p.protocol, p.will->props);
            sink.text(p.will->topic);
            sink.text(p.will->payload);
        }
        if (p.user) sink.text(*p.user);
        if (p.password) sink.text(*p.password);
    });
}

bool encode(const connack_packet& p, version v, bytes& out) {
    return append_packet(first_byte(packet_type::connack), out, [&](auto& sink) {
        sink.u8(p.session_present ? 1 : 0);
        sink.u8(v == version::v5_0 ? static_cast<std::uint8_t>(p.code) : connack_return_code(p.code));
        put_properties(sink, v, p.props);
    });
}

bool encode(const publish_packet& p, version v, bytes& out) {
    return append_packet(publish_first_byte(p.quality, p.retain, p.duplicate), out, [&](auto& sink) {
        sink.text(p.topic);
        if (p.quality != qos::at_most_once) sink.u16(p.packet_id);
        put_properties(sink, v, p.props);
        sink.raw(p.payload.data(), p.payload.size());
    });
}

bool encode(const message& m, std::uint16_t packet_id, version v, bytes& out) {
    if (v == version::v5_0 && !strings_fit(m)) return false;
    return append_packet(publish_first_byte(m.quality, m.retain, false), out, [&](auto& sink) {
        sink.text(m.topic);
        if (m.quality != qos::at_most_once) sink.u16(packet_id);
        if (v == version::v5_0) with_length(sink, [&](auto& part) { put_message_properties(part, m); });
        sink.raw(m.payload.data(), m.payload.size());
    });
}

bool encode(const ack_packet& p, version v, bytes& out) {
    const auto flags = p.type == packet_type::pubrel ? 0b0010U : 0U; // 3.6.1
    return append_packet(first_byte(p.type, flags), out, [&](auto& sink) {
        sink.u16(p.packet_id);
        put_reason(sink, v, p);
    });
}

bool encode_subscribe(std::uint16_t packet_id, std::span<const subscription> filters, const properties& props,
                      version v, bytes& out) {
    return append_packet(first_byte(packet_type::subscribe, 0b0010), out, [&](auto& sink) { // 3.8.1
        sink.u16(packet_id);
        put_properties(sink, v, props);
        for (const auto& s : filters) {
            sink.text(s.filter);
            sink.u8(subscription_options(s, v));
        }
    });
}

bool encode_unsubscribe(std::uint16_t packet_id, std::span<const std::string_view> filters, const properties& props,
                        version v, bytes& out) {
    return append_packet(first_byte(packet_type::unsubscribe, 0b0010), out, [&](auto& sink) { // 3.10.1
        sink.u16(packet_id);
        put_properties(sink, v, props);
        for (const auto filter : filters) sink.text(filter);
    });
}

bool encode(const suback_packet& p, version v, bytes& out) {
    return append_packet(first_byte(p.type), out, [&](auto& sink) {
        sink.u16(p.packet_id);
        put_properties(sink, v, p.props);
        sink.raw(p.codes.data(), p.codes.size());
    });
}

bool encode(const disconnect_packet& p, version v, bytes& out) {
    return append_packet(first_byte(packet_type::disconnect), out, [&](auto& sink) { put_reason(sink, v, p); });
}

bool encode(const auth_packet& p, bytes& out) {
    return append_packet(first_byte(packet_type::auth), out, [&](auto& sink) { put_reason(sink, version::v5_0, p); });
}

void encode_pingreq(bytes& out) { out.insert(out.end(), {first_byte(packet_type::pingreq), 0}); }
void encode_pingresp(bytes& out) { out.insert(out.end(), {first_byte(packet_type::pingresp), 0}); }

} // namespace loadsim::mqtt
