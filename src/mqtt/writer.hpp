// Packet encoder: the body is written twice, to a sink that computes the size and to one that writes the bytes.
#pragma once

#include <loadsim/mqtt/packet.hpp>

#include <cstring>

namespace loadsim::mqtt {

/// Computes the size of a body.
class counting_sink {
public:
    void u8(std::uint8_t) noexcept { size_ += 1; }
    void u16(std::uint16_t) noexcept { size_ += 2; }
    void u32(std::uint32_t) noexcept { size_ += 4; }
    void varint(std::size_t v) noexcept { size_ += v < 128 ? 1 : v < 16'384 ? 2 : v < 2'097'152 ? 3 : 4; }
    void text(std::string_view s) noexcept {
        fits_ = fits_ && s.size() <= 65'535;
        size_ += 2 + s.size();
    }
    void raw(const void*, std::size_t n) noexcept { size_ += n; }

    std::size_t size() const noexcept { return size_; }
    bool fits() const noexcept { return fits_ && size_ <= remaining_length_max; }

private:
    std::size_t size_ = 0;
    bool fits_ = true;
};

/// Writes to memory that counting_sink measured.
class writing_sink {
public:
    explicit writing_sink(std::uint8_t* at) noexcept : at_(at) {}

    void u8(std::uint8_t v) noexcept { *at_++ = v; }
    void u16(std::uint16_t v) noexcept {
        u8(static_cast<std::uint8_t>(v >> 8));
        u8(static_cast<std::uint8_t>(v));
    }
    void u32(std::uint32_t v) noexcept {
        u16(static_cast<std::uint16_t>(v >> 16));
        u16(static_cast<std::uint16_t>(v));
    }
    void varint(std::size_t v) noexcept {
        for (; v >= 128; v >>= 7) u8(static_cast<std::uint8_t>(v | 0x80));
        u8(static_cast<std::uint8_t>(v));
    }
    void text(std::string_view s) noexcept {
        u16(static_cast<std::uint16_t>(s.size()));
        raw(s.data(), s.size());
    }
    void raw(const void* data, std::size_t n) noexcept {
        if (n == 0) return; // memcpy of a null pointer is undefined even for size 0
        std::memcpy(at_, data, n);
        at_ += n;
    }

private:
    std::uint8_t* at_;
};

/// A part with a length prefix, such as properties (2.2.2.1).
template <class Sink, class Part>
void with_length(Sink& sink, const Part& part) {
    counting_sink length;
    part(length);
    sink.varint(length.size());
    part(sink);
}

template <class Sink>
void put_properties(Sink& sink, version v, const properties& props) {
    if (v != version::v5_0) return;
    sink.varint(props.raw().size());
    sink.raw(props.raw().data(), props.raw().size());
}

constexpr std::uint8_t first_byte(packet_type type, unsigned flags = 0) {
    return static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | flags);
}

/// Appends a packet: `body` writes everything after the fixed header to the given sink; called twice.
template <class Body>
bool append_packet(std::uint8_t first, bytes& out, const Body& body) {
    counting_sink measured;
    body(measured);
    if (!measured.fits()) return false;
    counting_sink head;
    head.u8(first);
    head.varint(measured.size());
    const auto start = out.size();
    out.resize(start + head.size() + measured.size());
    writing_sink sink(out.data() + start);
    sink.u8(first);
    sink.varint(measured.size());
    body(sink);
    return true;
}

} // namespace loadsim::mqtt
