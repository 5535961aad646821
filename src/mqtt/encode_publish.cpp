// PUBLISH (3.3) and its acknowledgements (3.4 to 3.7) to bytes.
#include "writer.hpp"

namespace loadsim::mqtt {
namespace {

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

} // namespace

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
    const bool with_properties = v == version::v5_0 && !p.props.empty();
    const bool with_code = v == version::v5_0 && (with_properties || p.code != reason::success);
    const auto flags = p.type == packet_type::pubrel ? 0b0010U : 0U; // 3.6.1
    return append_packet(first_byte(p.type, flags), out, [&](auto& sink) {
        sink.u16(p.packet_id);
        if (with_code) sink.u8(static_cast<std::uint8_t>(p.code));
        if (with_properties) put_properties(sink, v, p.props);
    });
}

} // namespace loadsim::mqtt
