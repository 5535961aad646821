#include <loadsim/net/source_addresses.hpp>

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <string>
#include <vector>

namespace loadsim::net {
namespace {

namespace ip = boost::asio::ip;

constexpr auto address_forms = "an address such as 127.0.0.2, or a block such as 127.0.1.0/28, belongs here";

result<std::vector<ip::address>> parse_ipv4_block(std::string_view text) {
    boost::system::error_code error;
    const auto network = ip::make_network_v4(std::string(text), error);
    if (error) return problems{"", fmt::format("'{}' is no IPv4 block; {}", text, address_forms)};
    if (network.address() != network.network())
        return problems{"", fmt::format("'{}' has bits set behind its prefix; {} is the block", text,
                                        network.canonical().to_string())};
    const std::uint64_t size = std::uint64_t{1} << (32 - network.prefix_length());
    if (size > max_source_addresses)
        return problems{"", fmt::format("'{}' has {} addresses; {} is the most", text, size, max_source_addresses)};
    std::vector<ip::address> all;
    // First and last address are network and broadcast address, except in a /31 (RFC 3021) and a /32.
    const std::uint64_t reserved = size > 2 ? 1 : 0;
    for (std::uint64_t i = reserved; i < size - reserved; ++i)
        all.emplace_back(ip::address_v4(network.network().to_uint() + static_cast<std::uint32_t>(i)));
    return all;
}

/// 0, or errno.
int try_to_bind(const ip::address& source) {
    const ip::tcp::endpoint from(source, 0);
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

result<std::vector<ip::address>> parse_source_address(std::string_view text) {
    if (text.find('/') != std::string_view::npos) return parse_ipv4_block(text);
    boost::system::error_code error;
    const auto address = ip::make_address(std::string(text), error);
    if (error) return problems{"", fmt::format("'{}' is no address; {}", text, address_forms)};
    return std::vector{address};
}

result<std::vector<ip::address>> parse_source_addresses(std::span<const std::string> texts) {
    std::vector<ip::address> all;
    std::set<ip::address> seen;
    problems wrong;
    for (const auto& text : texts) {
        const auto parsed = parse_source_address(text);
        if (!parsed) {
            wrong.add(parsed.error());
            continue;
        }
        for (const auto& address : *parsed) {
            if (!seen.insert(address).second) {
                wrong.add("", fmt::format("'{}' names {} a second time", text, address.to_string()));
                break;
            }
            all.push_back(address);
        }
    }
    if (all.size() > max_source_addresses)
        wrong.add("", fmt::format("{} addresses; {} is the most", all.size(), max_source_addresses));
    if (!wrong.empty()) return wrong;
    return all;
}

result<void> check_source_addresses(std::span<const ip::address> sources, const ip::address& broker) {
    constexpr std::string_view scenario_key = "fleet.sourceAddresses";
    std::vector<ip::address> wrong_family;
    std::vector<ip::address> missing;
    problems found;
    for (const auto& source : sources) {
        if (source.is_v6() != broker.is_v6()) {
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
                      wrong_family.front().is_v6() ? 6 : 4, broker.to_string(), broker.is_v6() ? 6 : 4));
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
