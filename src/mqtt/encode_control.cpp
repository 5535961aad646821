// PINGREQ, PINGRESP, DISCONNECT and AUTH (3.12 to 3.15) to bytes.
#include "writer.hpp"

namespace loadsim::mqtt {
namespace {

/// Shortest form (3.14.2.1, 3.15.2.1): success without properties is empty.
template <class Packet>
bool append_reason(packet_type type, const Packet& p, bytes& out) {
    return append_packet(first_byte(type), out, [&](auto& sink) {
        if (p.code == reason::success && p.props.empty()) return;
        sink.u8(static_cast<std::uint8_t>(p.code));
        if (!p.props.empty()) put_properties(sink, version::v5_0, p.props);
    });
}

} // namespace

bool encode(const disconnect_packet& p, version v, bytes& out) {
    if (v == version::v5_0) return append_reason(packet_type::disconnect, p, out);
    return append_packet(first_byte(packet_type::disconnect), out, [](auto&) {}); // 3.1.1, 3.14: empty
}

bool encode(const auth_packet& p, bytes& out) { return append_reason(packet_type::auth, p, out); }

void encode_pingreq(bytes& out) { out.insert(out.end(), {first_byte(packet_type::pingreq), 0}); }
void encode_pingresp(bytes& out) { out.insert(out.end(), {first_byte(packet_type::pingresp), 0}); }

} // namespace loadsim::mqtt
