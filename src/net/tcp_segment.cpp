#include "tcp_segment.hpp"

#include <algorithm>
#include <cassert>

namespace loadsim::net {
namespace {

constexpr std::size_t tcp_header = 20;
constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint8_t time_to_live = 64;
constexpr std::uint8_t window_shift = 14; // RFC 7323, 2.3: the maximum; a window of 1 GiB, so that it is never full

class writer {
public:
    void u8(std::size_t v) { data_.push_back(static_cast<std::uint8_t>(v)); }
    void u16(std::size_t v) {
        u8(v >> 8U & 0xff);
        u8(v & 0xff);
    }
    void u32(std::size_t v) {
        u16(v >> 16U & 0xffff);
        u16(v & 0xffff);
    }
    template <class Bytes>
    void append(const Bytes& bytes) {
        data_.insert(data_.end(), bytes.begin(), bytes.end());
    }
    void set_u16(std::size_t at, std::uint16_t v) {
        data_[at] = static_cast<std::uint8_t>(v >> 8U);
        data_[at + 1] = static_cast<std::uint8_t>(v & 0xff);
    }
    mqtt::bytes take() && { return std::move(data_); }
    mqtt::byte_view data() const { return data_; }

private:
    mqtt::bytes data_;
};

/// RFC 1071: the one's complement sum of 16-bit words, an odd byte counting as the first of its word.
std::uint64_t sum_of(mqtt::byte_view bytes) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += static_cast<std::uint64_t>(bytes[i]) << (i % 2 == 0 ? 8U : 0U);
    return sum;
}

std::uint16_t fold_checksum(std::uint64_t sum) {
    while (sum >> 16U != 0) sum = (sum & 0xffff) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

/// Part of the IP header in the TCP checksum: addresses, protocol and length (RFC 9293, 3.1; RFC 8200, 8.1).
template <class Address>
std::uint64_t pseudo_header(const Address& from, const Address& to, std::size_t length) {
    return sum_of(from.to_bytes()) + sum_of(to.to_bytes()) + protocol_tcp + length;
}

void write_ip4(writer& out, const tcp_segment& s, std::size_t length, std::uint16_t id) {
    constexpr std::size_t header = 20;
    constexpr std::size_t checksum_at = 10;
    out.u16(0x4500); // version 4, header of five 32-bit words
    out.u16(header + length);
    out.u16(id);
    out.u16(0x4000); // do not fragment
    out.u8(time_to_live);
    out.u8(protocol_tcp);
    out.u16(0);
    out.append(s.from.address().to_v4().to_bytes());
    out.append(s.to.address().to_v4().to_bytes());
    out.set_u16(checksum_at, fold_checksum(sum_of(out.data())));
}

void write_ip6(writer& out, const tcp_segment& s, std::size_t length) {
    out.u32(0x60000000); // version 6
    out.u16(length);
    out.u8(protocol_tcp);
    out.u8(time_to_live);
    out.append(s.from.address().to_v6().to_bytes());
    out.append(s.to.address().to_v6().to_bytes());
}

/// TCP options: maximum segment size and window scale, padded to 32-bit words.
void write_options(writer& out) {
    out.u16(0x0204);
    out.u16(max_segment_size);
    out.u8(1); // no operation
    out.u16(0x0303);
    out.u8(window_shift);
}

} // namespace

mqtt::bytes to_ip_packet(const tcp_segment& s, std::uint16_t id) {
    assert(s.data.size() <= max_segment_size);
    const bool is_syn = (s.flags & tcp_segment::syn) != 0;
    const std::size_t header = tcp_header + (is_syn ? 8 : 0);
    const std::size_t length = header + s.data.size();
    const bool ip4 = s.to.address().is_v4();
    writer out;
    ip4 ? write_ip4(out, s, length, id) : write_ip6(out, s, length);
    const auto begin = out.data().size();
    constexpr std::size_t checksum_at = 16;
    out.u16(s.from.port());
    out.u16(s.to.port());
    out.u32(s.sequence);
    out.u32(s.acknowledged);
    out.u8(header / 4 << 4U);
    out.u8(s.flags);
    out.u16(0xffff); // window
    out.u32(0);      // checksum, urgent pointer
    if (is_syn) write_options(out);
    out.append(s.data);
    const auto addresses = ip4 ? pseudo_header(s.from.address().to_v4(), s.to.address().to_v4(), length)
                               : pseudo_header(s.from.address().to_v6(), s.to.address().to_v6(), length);
    out.set_u16(begin + checksum_at, fold_checksum(addresses + sum_of(out.data().subspan(begin))));
    return std::move(out).take();
}

} // namespace loadsim::net
