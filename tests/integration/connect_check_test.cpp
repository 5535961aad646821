// Connectivity check where a TCP connect can reach its own socket (simultaneous open).
#include "network_namespace.hpp"

#include <loadsim/net/connect_check.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace std::chrono_literals;

TEST(connect_check, does_not_accept_a_self_connection) {
    if (!harness::enter_network_namespace()) GTEST_SKIP() << "needs a network namespace of its own (root)";
    harness::set_port_range(40'000, 40'000); // source port and destination port are then the same
    const auto found = loadsim::net::check_servers({{"mqtt", "127.0.0.1", 40'000, ""}}, "broker", 1s);
    ASSERT_EQ(found.unreachable.list.size(), 1U);
    EXPECT_THAT(found.unreachable.list.front().text, testing::HasSubstr("Connection refused"));
}
