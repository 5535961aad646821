// CONNECT (3.1) and CONNACK (3.2) to bytes.
#include "connack_codes.hpp"
#include "writer.hpp"

#include <algorithm>

namespace loadsim::mqtt {
namespace {

std::uint8_t connect_flags(const connect_packet& p) {
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

} // namespace

bool encode(const connect_packet& p, bytes& out) {
    return append_packet(first_byte(packet_type::connect), out, [&](auto& sink) {
        sink.text("MQTT");
        sink.u8(static_cast<std::uint8_t>(p.protocol));
        sink.u8(connect_flags(p));
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

} // namespace loadsim::mqtt
