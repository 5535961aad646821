#include <loadsim/net/source_addresses.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace loadsim;
using testing::HasSubstr;

namespace {

std::vector<std::string> texts(const result<std::vector<boost::asio::ip::address>>& addresses) {
    std::vector<std::string> all;
    for (const auto& a : addresses.value()) all.push_back(a.to_string());
    return all;
}

std::string error_of(std::string_view text) {
    const auto addresses = net::parse_source_address(text);
    return addresses ? "none" : addresses.error().list.front().text;
}

constexpr std::uint64_t seed = 1;

struct spread {
    std::uint32_t least, most;
};

/// Minimum and maximum use of a source over every k-th client.
spread uses(std::uint32_t clients, std::uint32_t first, std::uint32_t every, std::size_t sources) {
    std::vector<std::uint32_t> used(sources);
    for (std::uint32_t c = first; c < clients; c += every) ++used.at(net::source_index_for(seed, c, sources));
    return {*std::ranges::min_element(used), *std::ranges::max_element(used)};
}

} // namespace

TEST(source_addresses, are_addresses_and_blocks_in_the_order_written) {
    const std::vector<std::string> written{"127.0.0.9", "127.0.1.0/30", "::1", "127.0.2.4/31", "127.0.3.7/32"};
    EXPECT_EQ(texts(net::parse_source_addresses(written)),
              (std::vector<std::string>{"127.0.0.9", "127.0.1.1", "127.0.1.2", "::1", "127.0.2.4", "127.0.2.5",
                                        "127.0.3.7"}));
}

TEST(source_addresses, exclude_network_and_broadcast_address_of_a_block) {
    EXPECT_EQ(net::parse_source_address("127.4.0.0/24").value().size(), 254U);
    EXPECT_EQ(net::parse_source_address("127.4.0.0/16").value().size(), 65'534U);
}

TEST(source_addresses, invalid_ones_are_errors) {
    EXPECT_THAT(error_of("localhost"), HasSubstr("'localhost' is no address"));
    EXPECT_THAT(error_of("127.0.0.300"), HasSubstr("is no address"));
    EXPECT_THAT(error_of("127.0.0.1/33"), HasSubstr("is no IPv4 block"));
    EXPECT_THAT(error_of("127.0.0.1/24"), HasSubstr("127.0.0.0/24 is the block"));
    EXPECT_THAT(error_of("127.0.0.0/8"), HasSubstr("16777216 addresses; 65536 is the most"));
    EXPECT_THAT(error_of("0.0.0.0/0"), HasSubstr("is the most"));
    EXPECT_THAT(error_of(""), HasSubstr("is no address"));
}

TEST(source_addresses, all_errors_are_reported_together) {
    const std::vector<std::string> written{"x", "127.0.0.2", "127.0.0.0/29", "y"};
    const auto addresses = net::parse_source_addresses(written);
    ASSERT_FALSE(addresses);
    const auto wrong = addresses.error();
    ASSERT_EQ(wrong.list.size(), 3U);
    EXPECT_THAT(wrong.list[1].text, HasSubstr("'127.0.0.0/29' names 127.0.0.2 a second time"));
}

TEST(source_index_for, is_even_over_a_fleet) {
    for (const std::uint32_t clients : {280U, 15'000U, 400'000U})
        for (const std::size_t sources : {1U, 2U, 3U, 7U, 16U, 62U, 254U}) {
            const auto [least, most] = uses(clients, 0, 1, sources);
            EXPECT_LE(most - least, 1U) << clients << " clients, " << sources << " sources";
        }
}

TEST(source_index_for, is_even_in_every_shard) {
    for (std::uint32_t shards = 2; shards <= 64; ++shards)
        for (const std::size_t sources : {2U, 3U, 4U, 8U, 16U})
            for (std::uint32_t shard = 0; shard < shards; ++shard) {
                const auto [least, most] = uses(1000 * shards, shard, shards, sources);
                const auto fair = 1000.0 / static_cast<double>(sources);
                const auto chance = 5 * std::sqrt(fair);
                EXPECT_GE(least, fair - chance) << shard << " of " << shards << ", " << sources << " sources";
                EXPECT_LE(most, fair + chance) << shard << " of " << shards << ", " << sources << " sources";
            }
}
