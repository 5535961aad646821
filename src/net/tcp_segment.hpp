// A TCP segment in an IP packet, as bytes.
#pragma once

#include <loadsim/mqtt/message.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>

namespace loadsim::net {

/// What fits into one packet, over IPv4 (which counts its header into the 65535) and IPv6 alike.
inline constexpr std::size_t longest_segment = 65535 - 20 - 20;

struct tcp_segment {
    enum flag : std::uint8_t { fin = 0x01, syn = 0x02, psh = 0x08, ack = 0x10 }; // RFC 9293, 3.1
    boost::asio::ip::tcp::endpoint from;
    boost::asio::ip::tcp::endpoint to; ///< of the same family as `from`
    std::uint32_t sequence = 0;
    std::uint32_t acknowledged = 0;
    std::uint8_t flags = 0; ///< with syn: the options of a connection that is never short of window
    mqtt::byte_view data;   ///< at most longest_segment; none with syn
};

/// From the first byte of the IP header; both checksums are right. `id`: the IPv4 header's identification.
mqtt::bytes to_packet(const tcp_segment&, std::uint16_t id);

} // namespace loadsim::net
