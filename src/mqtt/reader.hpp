// Cursor over received bytes. After a failure it returns zeros and empty views, and failed() is true.
#pragma once

#include <loadsim/mqtt/packet.hpp>

namespace loadsim::mqtt {

enum class varint_state : std::uint8_t { complete, incomplete, malformed };

/// A variable byte integer (1.5.5) at [at, end); moves `at` behind it when complete.
inline varint_state read_varint(const std::uint8_t*& at, const std::uint8_t* end, std::uint32_t& value) noexcept {
    value = 0;
    for (int shift = 0; shift < 28; shift += 7) {
        if (at == end) return varint_state::incomplete;
        const std::uint8_t byte = *at++;
        value |= static_cast<std::uint32_t>(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0) {
            // 1.5.5: "MUST use the minimum number of bytes"
            return byte == 0 && shift != 0 ? varint_state::malformed : varint_state::complete;
        }
    }
    return varint_state::malformed;
}

class reader {
public:
    explicit reader(byte_view in) noexcept : at_(in.data()), end_(in.data() + in.size()) {}

    bool failed() const noexcept { return failed_; }
    std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
    /// All bytes read without a failure; trailing bytes are malformed too.
    bool finished() const noexcept { return !failed_ && at_ == end_; }

    std::uint8_t u8() noexcept {
        const auto* p = take_pointer(1);
        return p != nullptr ? *p : std::uint8_t{0};
    }
    std::uint16_t u16() noexcept {
        const auto* p = take_pointer(2);
        return p != nullptr ? static_cast<std::uint16_t>(p[0] << 8 | p[1]) : std::uint16_t{0};
    }
    std::uint32_t u32() noexcept {
        const std::uint32_t high = u16();
        return high << 16 | u16();
    }
    std::uint32_t varint() noexcept {
        std::uint32_t value = 0;
        if (read_varint(at_, end_, value) == varint_state::complete) return value;
        fail();
        return 0;
    }
    byte_view take(std::size_t n) noexcept {
        const auto* p = take_pointer(n);
        return p != nullptr ? byte_view{p, n} : byte_view{};
    }
    byte_view rest() noexcept { return take(left()); }
    /// Binary data (1.5.6).
    std::string_view binary() noexcept { return as_text(take(u16())); }
    /// A UTF-8 encoded string (1.5.4).
    std::string_view text() noexcept {
        const auto value = binary();
        if (!valid_utf8(value)) fail();
        return failed_ ? std::string_view{} : value;
    }
    void fail() noexcept {
        failed_ = true;
        at_ = end_;
    }

private:
    const std::uint8_t* take_pointer(std::size_t n) noexcept {
        if (failed_ || left() < n) {
            fail();
            return nullptr;
        }
        const auto* p = at_;
        at_ += n;
        return p;
    }

    const std::uint8_t* at_;
    const std::uint8_t* end_;
    bool failed_ = false;
};

/// Length and properties (2.2.2), validated for `owner`. success for 3.1.1, which has none.
inline reason read_properties(reader& in, version v, packet_type owner, properties& out) noexcept {
    out = properties{};
    if (v != version::v5_0) return reason::success;
    const auto raw = in.take(in.varint());
    if (in.failed()) return reason::malformed_packet;
    out = properties{raw};
    return raw.empty() ? reason::success : check_properties(raw, owner);
}

} // namespace loadsim::mqtt
