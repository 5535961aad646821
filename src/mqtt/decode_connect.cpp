// CONNECT (3.1) and CONNACK (3.2) from bytes.
#include "connack_codes.hpp"
#include "reader.hpp"
#include "reason_codes.hpp"

namespace loadsim::mqtt {
namespace {

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

} // namespace

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

} // namespace loadsim::mqtt
