#include <loadsim/net/sources.hpp>

#include <boost/asio/ip/network_v4.hpp>
#include <fmt/format.h>

#include <set>

namespace loadsim::net {
namespace {

namespace ip = boost::asio::ip;

constexpr auto wanted = "an address such as 127.0.0.2, or a block such as 127.0.1.0/28, belongs here";

result<std::vector<ip::address>> block(std::string_view text) {
    boost::system::error_code error;
    const auto network = ip::make_network_v4(std::string(text), error);
    if (error) return problems{"", fmt::format("'{}' is no IPv4 block; {}", text, wanted)};
    if (network.address() != network.network())
        return problems{"", fmt::format("'{}' has bits set behind its prefix; {} is the block", text,
                                        network.canonical().to_string())};
    const std::uint64_t size = std::uint64_t{1} << (32 - network.prefix_length());
    if (size > sources_most)
        return problems{"", fmt::format("'{}' has {} addresses; {} is the most", text, size, sources_most)};
    std::vector<ip::address> all;
    // The first and the last address of a block are not hosts, unless there is nothing between them (RFC 3021).
    const std::uint64_t edge = size > 2 ? 1 : 0;
    for (std::uint64_t i = edge; i < size - edge; ++i)
        all.emplace_back(ip::address_v4(network.network().to_uint() + static_cast<std::uint32_t>(i)));
    return all;
}

} // namespace

result<std::vector<ip::address>> parse_source(std::string_view text) {
    if (text.find('/') != std::string_view::npos) return block(text);
    boost::system::error_code error;
    const auto address = ip::make_address(std::string(text), error);
    if (error) return problems{"", fmt::format("'{}' is no address; {}", text, wanted)};
    return std::vector{address};
}

result<std::vector<ip::address>> parse_sources(std::span<const std::string> texts) {
    std::vector<ip::address> all;
    std::set<ip::address> seen;
    problems wrong;
    for (const auto& text : texts) {
        const auto some = parse_source(text);
        if (!some) {
            wrong.add(some.error());
            continue;
        }
        for (const auto& address : *some) {
            if (!seen.insert(address).second) {
                wrong.add("", fmt::format("'{}' names {} a second time", text, address.to_string()));
                break;
            }
            all.push_back(address);
        }
    }
    if (all.size() > sources_most) wrong.add("", fmt::format("{} addresses; {} is the most", all.size(), sources_most));
    if (!wrong.empty()) return wrong;
    return all;
}

} // namespace loadsim::net
