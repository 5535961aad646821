#include "network_namespace.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace harness {
namespace {

sockaddr_in socket_address(const std::string& address, std::uint16_t port) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    ::inet_pton(AF_INET, address.c_str(), &a.sin_addr);
    return a;
}

/// IPv4 address as /proc/net/tcp prints it.
std::string proc_net_address(const sockaddr_in& a) { return fmt::format("{:08X}", a.sin_addr.s_addr); }

} // namespace

bool enter_network_namespace() {
    if (::unshare(CLONE_NEWNET) != 0) return false;
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP;
    const bool up = ::ioctl(socket, SIOCSIFFLAGS, &loopback) == 0;
    ::close(socket);
    return up;
}

void set_port_range(std::uint16_t first, std::uint16_t last) {
    std::ofstream range("/proc/sys/net/ipv4/ip_local_port_range");
    range << first << ' ' << last;
    range.close();
    if (range.fail()) throw std::runtime_error("the range of source ports cannot be set");
}

std::vector<std::uint16_t> ports_from(const std::string& address, std::uint16_t port) {
    const auto from = proc_net_address(socket_address(address, 0)) + ":";
    const auto to = fmt::format("0100007F:{:04X}", port);
    std::ifstream table("/proc/thread-self/net/tcp");
    std::vector<std::uint16_t> ports;
    for (std::string line; std::getline(table, line);) {
        std::istringstream fields(line);
        std::string number, local, remote, state;
        fields >> number >> local >> remote >> state;
        if (local.starts_with(from) && remote == to && state == "01")
            ports.push_back(static_cast<std::uint16_t>(std::stoi(local.substr(from.size()), nullptr, 16)));
    }
    return ports;
}

std::size_t connection_count_from(const std::string& address, std::uint16_t port) {
    return ports_from(address, port).size();
}

int connect_from(const std::string& address, std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const auto from = socket_address(address, 0);
    const auto to = socket_address("127.0.0.1", port);
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0 &&
        ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0)
        return socket;
    ::close(socket);
    return -1;
}

} // namespace harness
