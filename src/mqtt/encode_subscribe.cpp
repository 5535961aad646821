// SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK (3.8 to 3.11) to bytes.
#include "writer.hpp"

namespace loadsim::mqtt {
namespace {

std::uint8_t subscription_options(const subscription& s, version v) {
    auto options = static_cast<unsigned>(s.quality);
    if (v == version::v5_0)
        options |= (s.no_local ? 0x04U : 0U) | (s.retain_as_published ? 0x08U : 0U) |
                   static_cast<unsigned>(s.retain_handling) << 4;
    return static_cast<std::uint8_t>(options);
}

} // namespace

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

} // namespace loadsim::mqtt
