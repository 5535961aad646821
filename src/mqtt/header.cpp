// The fixed header (2.1).
#include "reader.hpp"

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

} // namespace loadsim::mqtt
