#include <loadsim/target/mosquitto.hpp>

#include <gmock/gmock.h>

#include <string>
#include <vector>

using namespace loadsim;
using target::mosquitto_configuration;
using target::mosquitto_options;
using testing::HasSubstr;
using testing::Not;

TEST(mosquitto_configuration, is_loopback_only_anonymous_and_without_limits) {
    const auto text = mosquitto_configuration(4711, "", "/run/x", {});
    for (const auto* line : {"listener 4711 127.0.0.1\n", "allow_anonymous true\n", "persistence false\n",
                             "max_connections -1\n", "max_inflight_messages 0\n", "max_queued_messages 0\n"})
        EXPECT_THAT(text, HasSubstr(line));
    EXPECT_THAT(text, Not(HasSubstr("user ")));
    EXPECT_THAT(text, Not(HasSubstr("password")));
}

// As root mosquitto would change its user, and the kernel would then clear its parent-death signal.
TEST(mosquitto_configuration, keeps_its_user) {
    EXPECT_THAT(mosquitto_configuration(4711, "root", "/run/x", {}), HasSubstr("\nuser root\n"));
}

TEST(mosquitto_configuration, requires_a_login_if_logins_are_given) {
    const auto text = mosquitto_configuration(4711, "", "/run/my report",
                                              {.logins = {{"car", "secret"}}, .persistent_sessions = false});
    EXPECT_THAT(text, HasSubstr("allow_anonymous false\n"));
    EXPECT_THAT(text, Not(HasSubstr("allow_anonymous true")));
    EXPECT_THAT(text, HasSubstr("\npassword_file /run/my report/mosquitto.private/passwords\n"));
    EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST(mosquitto_configuration, persists_sessions_in_its_folder) {
    const auto text = mosquitto_configuration(4711, "", "/run/x", {.logins = {}, .persistent_sessions = true});
    EXPECT_THAT(text, HasSubstr("\npersistence true\npersistence_location /run/x/mosquitto.private/\n"));
    EXPECT_THAT(text, Not(HasSubstr("persistence false")));
}

TEST(plain_logins, are_lines_and_each_once) {
    EXPECT_EQ(target::plain_text_logins({{"car", "a#b c"}, {"we", "x"}, {"car", "a#b c"}}).value(),
              "car:a#b c\nwe:x\n");
}

TEST(plain_logins, that_a_password_file_cannot_represent_are_rejected_without_revealing_a_password) {
    const std::vector<target::mosquitto_login> bad[] = {{{"", "secret"}},      {{"car", ""}},
                                                        {{"c:r", "secret"}},   {{"car\n", "secret"}},
                                                        {{"car", "secret:x"}}, {{"car", "secret\r\nroot:x"}}};
    for (const auto& logins : bad) {
        const auto text = target::plain_text_logins(logins);
        ASSERT_FALSE(text) << logins[0].user;
        ASSERT_EQ(text.error().list.size(), 1U);
        EXPECT_THAT(text.error().list[0].text, Not(HasSubstr("secret")));
    }
}

TEST(mosquitto, end_by_itself_names_process_and_signal) {
    EXPECT_EQ(target::describe_end(47, 128 + 9, "out/mosquitto.log"),
              "the embedded broker, process 47, ended with signal 9; see out/mosquitto.log, and the kernel's "
              "log: it kills a process when memory runs out");
    EXPECT_EQ(target::describe_end(47, 3, "m.log"),
              "the embedded broker, process 47, ended with exit code 3; see m.log");
}
