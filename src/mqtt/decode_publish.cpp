// PUBLISH (3.3) and its acknowledgements (3.4 to 3.7) from bytes.
#include "reader.hpp"
#include "reason_codes.hpp"

namespace loadsim::mqtt {

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
    p.payload = reader::as_text(in.rest());
    return reason::success;
}

reason decode(const frame& f, version v, ack_packet& p) noexcept {
    using enum packet_type;
    p = {};
    if (f.type != puback && f.type != pubrec && f.type != pubrel && f.type != pubcomp) return reason::protocol_error;
    p.type = f.type;
    reader in(f.body);
    p.packet_id = in.u16();
    // 3.4.2.1: reason and properties may be left out; reason without properties ends after the byte
    if (v == version::v5_0 && in.left() != 0) {
        const auto code = in.u8();
        if (!reason_allowed(f.type, code)) return reason::protocol_error;
        p.code = static_cast<reason>(code);
        if (in.left() != 0)
            if (const auto bad = read_properties(in, v, f.type, p.props); bad != reason::success) return bad;
    }
    if (!in.finished()) return reason::malformed_packet;
    return p.packet_id != 0 ? reason::success : reason::protocol_error;
}

} // namespace loadsim::mqtt
