// Decodes the packet at the front of the given bytes and encodes it again. Also used by the fuzzer.
#pragma once

#include <loadsim/mqtt/packet.hpp>

#include <optional>
#include <vector>

namespace loadsim::mqtt {

struct recoded {
    framing framing_result = framing::incomplete;
    std::size_t consumed = 0;
    reason verdict = reason::success;
    bytes encoded; ///< when framed and decoded
};

namespace detail {

template <class Packet>
void recode_as(const frame& f, version v, recoded& r) {
    Packet p;
    r.verdict = decode(f, v, p);
    if (r.verdict == reason::success && !encode(p, v, r.encoded)) r.verdict = reason::unspecified_error;
}

inline void recode_subscribe(const frame& f, version v, recoded& r) {
    subscribe_packet p;
    r.verdict = decode(f, v, p);
    if (r.verdict != reason::success) return;
    std::vector<subscription> filters;
    while (const auto s = take_subscription(p.filters, v)) filters.push_back(*s);
    if (!encode_subscribe(p.packet_id, filters, p.props, v, r.encoded)) r.verdict = reason::unspecified_error;
}

inline void recode_unsubscribe(const frame& f, version v, recoded& r) {
    unsubscribe_packet p;
    r.verdict = decode(f, v, p);
    if (r.verdict != reason::success) return;
    std::vector<std::string_view> filters;
    while (const auto s = take_filter(p.filters)) filters.push_back(*s);
    if (!encode_unsubscribe(p.packet_id, filters, p.props, v, r.encoded)) r.verdict = reason::unspecified_error;
}

} // namespace detail

inline recoded recode(byte_view in, version v) {
    recoded r;
    header h;
    r.framing_result = read_header(in, h);
    if (r.framing_result != framing::complete) return r;
    if (h.packet_size() > in.size()) {
        r.framing_result = framing::incomplete;
        return r;
    }
    r.consumed = h.packet_size();
    const frame f(h, in);
    switch (f.type) {
    case packet_type::connect: {
        connect_packet p;
        r.verdict = decode(f, p);
        if (r.verdict == reason::success && !encode(p, r.encoded)) r.verdict = reason::unspecified_error;
        break;
    }
    case packet_type::connack: detail::recode_as<connack_packet>(f, v, r); break;
    case packet_type::publish: detail::recode_as<publish_packet>(f, v, r); break;
    case packet_type::puback:
    case packet_type::pubrec:
    case packet_type::pubrel:
    case packet_type::pubcomp: detail::recode_as<ack_packet>(f, v, r); break;
    case packet_type::subscribe: detail::recode_subscribe(f, v, r); break;
    case packet_type::unsubscribe: detail::recode_unsubscribe(f, v, r); break;
    case packet_type::suback:
    case packet_type::unsuback: detail::recode_as<suback_packet>(f, v, r); break;
    case packet_type::disconnect: detail::recode_as<disconnect_packet>(f, v, r); break;
    case packet_type::pingreq:
    case packet_type::pingresp:
        r.verdict = decode_ping(f);
        if (r.verdict == reason::success)
            f.type == packet_type::pingreq ? encode_pingreq(r.encoded) : encode_pingresp(r.encoded);
        break;
    case packet_type::auth: {
        auth_packet p;
        r.verdict = decode(f, v, p);
        if (r.verdict == reason::success && !encode(p, r.encoded)) r.verdict = reason::unspecified_error;
        break;
    }
    }
    return r;
}

} // namespace loadsim::mqtt
