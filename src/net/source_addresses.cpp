#include <loadsim/net/source_addresses.hpp>

#include <boost/asio/ip/network_v4.hpp>
#include <fmt/format.h>

#include <set>

namespace loadsim::net {
namespace {

namespace ip = boost::asio::ip;

constexpr auto expected_form = "an address such as 127.0.0.2, or a block such as 127.0.1.0/28, belongs here";

result<std::vector<ip::address>> parse_ipv4_block(std::string_view text) {
    boost::system::error_code error;
    const auto network = ip::make_network_v4(std::string(text), error);
    if (error) return problems{"", fmt::format("'{}' is no IPv4 block; {}", text, expected_form)};
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

} // namespace

result<std::vector<ip::address>> parse_source_address(std::string_view text) {
    if (text.find('/') != std::string_view::npos) return parse_ipv4_block(text);
    boost::system::error_code error;
    const auto address = ip::make_address(std::string(text), error);
    if (error) return problems{"", fmt::format("'{}' is no address; {}", text, expected_form)};
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

} // namespace loadsim::net
