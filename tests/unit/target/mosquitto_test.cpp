#include <loadsim/target/mosquitto.hpp>

#include <gmock/gmock.h>

using loadsim::target::mosquitto_configuration;
using testing::HasSubstr;
using testing::Not;

TEST(mosquitto_configuration, is_loopback_only_anonymous_and_without_limits) {
    const auto text = mosquitto_configuration(4711, "");
    for (const auto* line : {"listener 4711 127.0.0.1\n", "allow_anonymous true\n", "persistence false\n",
                             "max_connections -1\n", "max_inflight_messages 0\n", "max_queued_messages 0\n"})
        EXPECT_THAT(text, HasSubstr(line));
    EXPECT_THAT(text, Not(HasSubstr("user ")));
}

// As root it would change its user, and the kernel would then not end it with us.
TEST(mosquitto_configuration, keeps_its_user) {
    EXPECT_THAT(mosquitto_configuration(4711, "root"), HasSubstr("user root\n"));
}
