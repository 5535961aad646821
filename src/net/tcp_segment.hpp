// A TCP segment in an IP packet, as bytes.
#pragma once

#include <loadsim/mqtt/message.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>

namespace loadsim::net {

/// Maximum payload of one packet, for IPv4 (whose 65535 bytes include the header) and IPv6.
inline constexpr std::size_t max_segment_size = 65535 - 20 - 20;

struct tcp_segment {
    enum flag : std::uint8_t { fin = 0x01, syn = 0x02, psh = 0x08, ack = 0x10 }; // RFC 9293, 3.1
    boost::asio::ip::tcp::endpoint from;
    boost::asio::ip::tcp::endpoint to; ///< of the same family as `from`
    std::uint32_t sequence = 0;
    std::uint32_t acknowledged = 0;
    std::uint8_t flags = 0; ///< with syn: TCP options for a window of 1 GiB are added
    mqtt::byte_view data;   ///< at most longest_segment; none with syn
};

/// Bytes of the IP packet, with valid checksums. `id`: the IPv4 header's identification.
mqtt::bytes to_ip_packet(const tcp_segment&, std::uint16_t id);

} // namespace loadsim::net
