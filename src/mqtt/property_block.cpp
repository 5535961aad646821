// Building properties for packets to be sent.
#include "property_kinds.hpp"
#include "writer.hpp"

#include <cassert>

namespace loadsim::mqtt {
namespace {

template <class Write>
void append(bytes& out, property id, const Write& write) {
    counting_sink size;
    size.u8(0);
    write(size);
    assert(size.fits() && "a property string is at most 65535 bytes long");
    const auto start = out.size();
    out.resize(start + size.size());
    writing_sink sink(out.data() + start);
    sink.u8(static_cast<std::uint8_t>(id));
    write(sink);
}

} // namespace

property_block& property_block::add(property id, std::uint32_t number) {
    append(raw_, id, [&](auto& sink) {
        switch (property_rule_of(static_cast<std::uint8_t>(id)).kind) {
        case property_kind::byte: sink.u8(static_cast<std::uint8_t>(number)); break;
        case property_kind::two_bytes: sink.u16(static_cast<std::uint16_t>(number)); break;
        case property_kind::four_bytes: sink.u32(number); break;
        case property_kind::varint: sink.varint(number); break;
        default: assert(false && "this property is not a number");
        }
    });
    return *this;
}

property_block& property_block::add(property id, std::string_view text) {
    [[maybe_unused]] const auto kind = property_rule_of(static_cast<std::uint8_t>(id)).kind;
    assert((kind == property_kind::text || kind == property_kind::binary) && "this property is not a string");
    append(raw_, id, [&](auto& sink) { sink.text(text); });
    return *this;
}

property_block& property_block::add_user(std::string_view name, std::string_view value) {
    append(raw_, property::user_property, [&](auto& sink) {
        sink.text(name);
        sink.text(value);
    });
    return *this;
}

} // namespace loadsim::mqtt
