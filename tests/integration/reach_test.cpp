// Looking whether somebody answers, where a connect can come out at itself.
#include "network.hpp"

#include <loadsim/net/reach.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace std::chrono_literals;

TEST(reach, does_not_take_itself_for_somebody) {
    if (!stage::enter_own_network()) GTEST_SKIP() << "needs a network namespace of its own (root)";
    stage::set_port_range(40'000, 40'000); // so that it must come from where it goes to
    const auto answered = loadsim::net::reach({"mqtt", "127.0.0.1", 40'000, ""}, "broker", 1s);
    ASSERT_FALSE(answered);
    EXPECT_THAT(answered.error().list.front().text, testing::HasSubstr("Connection refused"));
}
