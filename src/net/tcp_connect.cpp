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

connect_attempt close_failed(int socket) {
    const auto error = last_error();
    if (socket >= 0) ::close(socket);
    return {-1, error};
}

bool is_port_shortage(const std::error_code& error) {
    return error == std::errc::address_not_available || error == std::errc::address_in_use;
}

/// Two 16-bit ports in 32 bits, the highest in the upper half; 0: unknown.
std::uint32_t kernel_port_range() {
    std::uint32_t lowest = 0;
    std::uint32_t highest = 0;
    std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> lowest >> highest;
    return highest << 16 | lowest;
}

/// Sets the port range explicitly to its default: the kernel (Linux 6.8) then searches from a random port. By default it tries
/// every second port first; once half of the range is in use, each connect scans all of these and takes a millisecond.
/// Ignored by kernels without the option.
void search_all_ports(int socket) {
    constexpr int ip_local_port_range = 51; // Linux 6.3, uapi/linux/in.h; Debian 12's headers do not have it
    static const std::uint32_t range = kernel_port_range();
    if (range != 0) ::setsockopt(socket, IPPROTO_IP, ip_local_port_range, &range, sizeof range);
}

connect_attempt begin_connect_from(const tcp::endpoint& to, const address* source, bool& no_port) {
    no_port = false;
    const int socket = ::socket(to.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) return close_failed(socket);
    const int on = 1;
    // Without Nagle: small packets must not wait for an ACK. Failure is ignored: the connection is only slower.
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    search_all_ports(socket);
    if (source != nullptr) {
        // The port is chosen at connect(), where the destination is known: one port can serve several brokers.
        ::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        const tcp::endpoint from(*source, 0);
        if (::bind(socket, from.data(), static_cast<socklen_t>(from.size())) != 0) return close_failed(socket);
    }
    if (::connect(socket, to.data(), static_cast<socklen_t>(to.size())) == 0 || errno == EINPROGRESS)
        return {socket, {}};
    auto attempt = close_failed(socket);
    no_port = is_port_shortage(attempt.error);
    return attempt;
}

} // namespace

connect_attempt begin_connect(const tcp::endpoint& to, std::span<const address> sources, std::size_t first) {
    bool no_port = false;
    if (sources.empty()) {
        const auto attempt = begin_connect_from(to, nullptr, no_port);
        return no_port ? connect_attempt{-1, errc::no_source_port} : attempt;
    }
    std::error_code why = errc::no_source_port;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const auto attempt = begin_connect_from(to, &sources[(first + i) % sources.size()], no_port);
        if (attempt.socket >= 0) return attempt;
        if (no_port) continue;
        why = attempt.error;
        // An address that was removed does not rule out the others; any other error does not depend on the source.
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
