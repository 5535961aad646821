#include <loadsim/driver/publisher.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

using namespace loadsim;
using namespace loadsim::driver;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

std::vector<published_sample> samples() {
    published_sample small{
        .plural = "commands", .singular = "a command for 'horn'", .location = "contract.command", .message = {}};
    small.message.topic = "small";
    published_sample large{.plural = "the messages of campaign 'large'",
                           .singular = "one of the messages of campaign 'large'",
                           .location = "campaigns[1]",
                           .message = {}};
    large.message.topic = "large";
    large.message.payload = std::string(1000, 'x');
    large.message.qos = 2;
    large.message.retain = true;
    return {small, large};
}

} // namespace

TEST(find_unsupported, nothing_at_a_broker_without_limits) {
    const auto found = find_unsupported(samples(), {}, mqtt::version::v5_0);
    EXPECT_THAT(found.limits, IsEmpty());
    EXPECT_EQ(found.refusal, "");
}

TEST(find_unsupported, messages_beyond_the_limits_of_a_broker) {
    mqtt::server_limits limits;
    limits.maximum_qos = mqtt::qos::at_least_once;
    limits.retain_available = false;
    limits.maximum_packet_size = 500;
    const auto found = find_unsupported(samples(), limits, mqtt::version::v5_0);
    EXPECT_THAT(found.limits,
                ElementsAre(HasSubstr("highest QoS is 1: the messages of campaign 'large' are sent with that and not "
                                      "with 2, so some may be lost; set campaigns[1].qos to 1"),
                            HasSubstr("the messages of campaign 'large' are sent, and not kept; set "
                                      "campaigns[1].retain to false")));
    EXPECT_THAT(found.refusal,
                HasSubstr("packets of at most 500 bytes, and one of the messages of campaign 'large' has"));
    EXPECT_THAT(found.refusal, HasSubstr("shorten campaigns[1].payload"));
}
