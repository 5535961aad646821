#include <loadsim/net/source_address_selection.hpp>

#include <fmt/format.h>

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace loadsim::net {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::tcp;

/// 0, or errno.
int try_to_bind(const address& source) {
    const tcp::endpoint from(source, 0);
    const int socket = ::socket(from.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return errno;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on); // only the address is checked
    const int error = ::bind(socket, from.data(), static_cast<socklen_t>(from.size())) == 0 ? 0 : errno;
    ::close(socket);
    return error;
}

std::string and_more(std::size_t count) { return count > 1 ? fmt::format(" (and {} more)", count - 1) : std::string{}; }

} // namespace

result<void> check_source_addresses(std::span<const address> sources, const tcp::endpoint& broker) {
    constexpr std::string_view scenario_key = "fleet.sourceAddresses";
    std::vector<address> wrong_family;
    std::vector<address> missing;
    problems found;
    for (const auto& source : sources) {
        if (source.is_v6() != broker.address().is_v6()) {
            wrong_family.push_back(source);
            continue;
        }
        const int error = try_to_bind(source);
        if (error == EADDRNOTAVAIL)
            missing.push_back(source);
        else if (error != 0 && found.empty())
            found.add(std::string(scenario_key),
                      fmt::format("source address {} cannot be used: {}", source.to_string(), std::strerror(error)));
    }
    if (!wrong_family.empty())
        found.add(std::string(scenario_key),
                  fmt::format(
                      "source address {}{} is IPv{} and the broker's, {}, is IPv{}; name sources of the broker's kind",
                      wrong_family.front().to_string(), and_more(wrong_family.size()),
                      wrong_family.front().is_v6() ? 6 : 4, broker.address().to_string(),
                      broker.address().is_v6() ? 6 : 4));
    if (!missing.empty()) {
        const auto text = missing.front().to_string();
        found.add(
            std::string(scenario_key),
            fmt::format("source address {}{} is not an address of this machine; ip addr add {}/{} dev lo, or take it "
                        "out of fleet.sourceAddresses",
                        text, and_more(missing.size()), text, missing.front().is_v6() ? 128 : 32));
    }
    if (!found.empty()) return found;
    return {};
}

} // namespace loadsim::net
