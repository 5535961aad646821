#include "tcp_connect.hpp"

#include <loadsim/net/error.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <fstream>

namespace loadsim::net {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::tcp;

std::error_code last_error() { return {errno, std::system_category()}; }

connecting failed(int socket) {
    const auto error = last_error();
    if (socket >= 0) ::close(socket);
    return {-1, error};
}

bool is_port_shortage(const std::error_code& error) {
    return error == std::errc::address_not_available || error == std::errc::address_in_use;
}

/// Two 16-bit ports in one word, the upper one in the upper half; 0: unknown.
std::uint32_t kernels_port_range() {
    std::uint32_t lowest = 0;
    std::uint32_t highest = 0;
    std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> lowest >> highest;
    return highest << 16 | lowest;
}

/// Told the range that it would use anyway, the kernel (Linux 6.8) looks for a port from a random one on. Left to itself it tries
/// every second one first: once those are all in use, half of the range, each connect looks at all of them and takes a
/// millisecond. A kernel that does not know the option is left to itself.
void look_at_all_ports(int socket) {
    constexpr int ip_local_port_range = 51; // Linux 6.3, uapi/linux/in.h; Debian 12's headers do not have it
    static const std::uint32_t range = kernels_port_range();
    if (range != 0) ::setsockopt(socket, IPPROTO_IP, ip_local_port_range, &range, sizeof range);
}

connecting begin_from(const tcp::endpoint& to, const address* source, bool& no_port) {
    no_port = false;
    const int socket = ::socket(to.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) return failed(socket);
    const int on = 1;
    // An acknowledgement must not wait for the next. A socket that does not take it is only slower.
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    look_at_all_ports(socket);
    if (source != nullptr) {
        // The port is chosen with the connect, when it is known to whom: the same one may then serve several brokers.
        ::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        const tcp::endpoint from(*source, 0);
        if (::bind(socket, from.data(), static_cast<socklen_t>(from.size())) != 0) return failed(socket);
    }
    if (::connect(socket, to.data(), static_cast<socklen_t>(to.size())) == 0 || errno == EINPROGRESS)
        return {socket, {}};
    auto none = failed(socket);
    no_port = is_port_shortage(none.error);
    return none;
}

} // namespace

connecting begin_connect(const tcp::endpoint& to, std::span<const address> sources, std::size_t first) {
    bool no_port = false;
    if (sources.empty()) {
        const auto begun = begin_from(to, nullptr, no_port);
        return no_port ? connecting{-1, errc::no_source_port} : begun;
    }
    std::error_code why = errc::no_source_port;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const auto begun = begin_from(to, &sources[(first + i) % sources.size()], no_port);
        if (begun.socket >= 0) return begun;
        if (no_port) continue;
        why = begun.error;
        // An address that has gone meanwhile does not speak for the others; anything else is no matter of the source.
        if (!is_port_shortage(why)) break;
    }
    return {-1, why};
}

std::error_code connect_error(int socket) noexcept {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    return {error, std::system_category()};
}

bool has_retransmitted(int socket) noexcept {
    tcp_info info{};
    socklen_t size = sizeof info;
    return ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_total_retrans != 0;
}

} // namespace loadsim::net
