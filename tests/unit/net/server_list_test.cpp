#include <loadsim/net/server_list.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using boost::asio::ip::make_address;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

std::vector<net::endpoint> brokers(const std::vector<std::string>& hosts) {
    std::vector<net::endpoint> all;
    for (const auto& host : hosts) all.push_back({"mqtt", host, 1883, ""});
    return all;
}

std::vector<boost::asio::ip::address> addresses(const std::vector<std::string>& texts) {
    std::vector<boost::asio::ip::address> all;
    for (const auto& text : texts) all.push_back(make_address(text));
    return all;
}

/// "URL index: address" of each server.
std::vector<std::string> shown(const net::address_cache& cache) {
    std::vector<std::string> all;
    for (const auto& s : cache.servers()) all.push_back(std::to_string(s.url) + ": " + net::to_string(s.address));
    return all;
}

const auto lookup_start = monotonic_time{} + 100s;

} // namespace

TEST(address_cache, a_name_with_several_addresses_is_a_list) {
    net::address_cache cache(brokers({"cluster.test", "10.0.0.9", "::1"}));
    EXPECT_THAT(shown(cache), ElementsAre("1: 10.0.0.9:1883", "2: [::1]:1883")) << "the name is not known yet";
    EXPECT_THAT(cache.take_due(lookup_start), ElementsAre("cluster.test")) << "addresses need no lookup";
    EXPECT_TRUE(cache.put("cluster.test", addresses({"10.0.0.2", "10.0.0.1", "10.0.0.2"})));
    EXPECT_THAT(shown(cache), ElementsAre("0: 10.0.0.1:1883", "0: 10.0.0.2:1883", "1: 10.0.0.9:1883", "2: [::1]:1883"))
        << "sorted: the same list in all ranks, whatever the order of the answer";
}

TEST(address_cache, a_name_is_looked_up_at_most_every_30_seconds) {
    net::address_cache cache(brokers({"a.test", "b.test", "a.test"}));
    EXPECT_THAT(cache.take_due(lookup_start), ElementsAre("a.test", "b.test")) << "once for each name";
    EXPECT_THAT(cache.take_due(lookup_start + 60s), IsEmpty()) << "the lookups are still running";
    cache.put("a.test", addresses({"10.0.0.1"}));
    EXPECT_THAT(cache.take_due(lookup_start + 29s), IsEmpty());
    EXPECT_THAT(cache.take_due(lookup_start + 30s), ElementsAre("a.test"));
    cache.put("a.test", {});
    EXPECT_THAT(cache.take_due(lookup_start + 59s), IsEmpty()) << "after a failed lookup, too";
    EXPECT_THAT(cache.take_due(lookup_start + 60s), ElementsAre("a.test"));
}

TEST(address_cache, a_later_lookup_replaces_addresses_and_keeps_the_places_of_the_others) {
    net::address_cache cache(brokers({"a.test"}));
    cache.put("a.test", addresses({"10.0.0.1", "10.0.0.2", "10.0.0.3"}));
    EXPECT_FALSE(cache.put("a.test", addresses({"10.0.0.3", "10.0.0.1", "10.0.0.2"}))) << "rotated by the DNS server";
    EXPECT_FALSE(cache.put("a.test", {})) << "failed: the known addresses are kept";
    EXPECT_TRUE(cache.put("a.test", addresses({"10.0.0.3", "10.0.0.0", "10.0.0.1"})));
    EXPECT_THAT(shown(cache), ElementsAre("0: 10.0.0.1:1883", "0: 10.0.0.3:1883", "0: 10.0.0.0:1883"));
}

TEST(address_cache, uses_one_family_of_a_name_if_told_so) {
    net::address_cache cache(brokers({"a.test"}));
    cache.put("a.test", addresses({"::1", "127.0.0.1"}));
    EXPECT_THAT(shown(cache), ElementsAre("0: [::1]:1883", "0: 127.0.0.1:1883")) << "the system prefers IPv6";
    cache.keep_family("a.test", false);
    EXPECT_THAT(shown(cache), ElementsAre("0: 127.0.0.1:1883"));
    cache.put("a.test", addresses({"::1", "127.0.0.2"}));
    EXPECT_THAT(shown(cache), ElementsAre("0: 127.0.0.2:1883"));
    cache.put("a.test", addresses({"::1"}));
    EXPECT_THAT(shown(cache), ElementsAre("0: [::1]:1883")) << "the name has no others any more";
}

TEST(address_cache, a_server_that_is_passed_over_stays_out) {
    net::address_cache cache(brokers({"a.test"}));
    cache.put("a.test", addresses({"10.0.0.1", "10.0.0.2"}));
    cache.pass_over({make_address("10.0.0.1"), 1883});
    EXPECT_THAT(shown(cache), ElementsAre("0: 10.0.0.2:1883"));
    cache.put("a.test", addresses({"10.0.0.1", "10.0.0.3"}));
    EXPECT_THAT(shown(cache), ElementsAre("0: 10.0.0.3:1883"));
}

TEST(server_list, is_shared_by_its_copies_and_tells_a_change_by_a_new_object) {
    const net::server_list fixed{{make_address("10.0.0.1"), 1883}, {make_address("10.0.0.2"), 1883}};
    const auto copy = fixed;
    EXPECT_EQ(copy.at(lookup_start), fixed.at(lookup_start + 1h));
    ASSERT_EQ(fixed.at(lookup_start)->size(), 2U);
    EXPECT_EQ(fixed.at(lookup_start)->at(1).address.address(), make_address("10.0.0.2"));
    EXPECT_TRUE(net::server_list{}.at(lookup_start)->empty());
}
