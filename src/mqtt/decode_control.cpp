// PINGREQ, PINGRESP, DISCONNECT and AUTH (3.12 to 3.15) from bytes.
#include "reader.hpp"
#include "reason_codes.hpp"

namespace loadsim::mqtt {
namespace {

/// DISCONNECT and AUTH of 5.0: an empty body means success; else a reason and optional properties.
template <class Packet>
reason read_reason(const frame& f, Packet& p) noexcept {
    reader in(f.body);
    if (in.left() == 0) return reason::success;
    const auto code = in.u8();
    if (!reason_allowed(f.type, code)) return reason::protocol_error;
    p.code = static_cast<reason>(code);
    if (in.left() != 0)
        if (const auto bad = read_properties(in, version::v5_0, f.type, p.props); bad != reason::success) return bad;
    return in.finished() ? reason::success : reason::malformed_packet;
}

} // namespace

reason decode_ping(const frame& f) noexcept {
    if (f.type != packet_type::pingreq && f.type != packet_type::pingresp) return reason::protocol_error;
    return f.body.empty() ? reason::success : reason::malformed_packet;
}

reason decode(const frame& f, version v, disconnect_packet& p) noexcept {
    p = {};
    if (f.type != packet_type::disconnect) return reason::protocol_error;
    if (v == version::v5_0) return read_reason(f, p);
    return f.body.empty() ? reason::success : reason::malformed_packet;
}

reason decode(const frame& f, version v, auth_packet& p) noexcept {
    p = {};
    if (f.type != packet_type::auth) return reason::protocol_error;
    if (v != version::v5_0) return reason::malformed_packet; // 3.1.1, 2.2.1: type 15 is forbidden
    return read_reason(f, p);
}

} // namespace loadsim::mqtt
