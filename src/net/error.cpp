#include <loadsim/net/error.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace loadsim::net {
namespace {

class net_category final : public std::error_category {
public:
    const char* name() const noexcept override { return "net"; }
    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::ok: return "ok";
        case errc::closed_by_peer: return "connection closed by the other side";
        case errc::connect_timeout: return "no TCP connection in time";
        case errc::tls_timeout: return "no TLS handshake in time";
        case errc::no_credentials: return "no certificate for the connection";
        case errc::peer_not_reading: return "the other side stopped reading";
        case errc::packet_too_large:
            return "the other side sends a packet that is larger than a mebibyte; if it is to, say so with "
                   "fleet.mqtt.maximumPacketSize";
        case errc::no_source_port:
            return "no source port is free; give fleet.sourceAddresses more addresses or widen "
                   "net.ipv4.ip_local_port_range";
        case errc::too_many_partial_packets:
            return "half-received packets of all sessions together are over 256 MiB; send large messages to fewer "
                   "vehicles at once, or use more shards";
        }
        return "unknown";
    }
};

} // namespace

bool is_resource_shortage(const std::error_code& error) noexcept {
    constexpr std::array shortages{std::errc::too_many_files_open, std::errc::too_many_files_open_in_system,
                                   std::errc::no_buffer_space, std::errc::not_enough_memory};
    return error == make_error_code(errc::no_source_port) ||
           std::ranges::any_of(shortages, [&](std::errc e) { return error == e; });
}

const std::error_category& category() noexcept {
    static const net_category instance;
    return instance;
}

} // namespace loadsim::net
