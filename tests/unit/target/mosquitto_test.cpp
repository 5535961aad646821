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
    const auto text = mosquitto_configuration(4711, "", "/run/my report", {.logins = {{"car", "secret"}}});
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

TEST(mosquitto_configuration, of_tls_has_the_files_of_the_private_folder) {
    mosquitto_options options{.tls = target::mosquitto_tls{.ca = "CA", .server = "SERVER"}};
    const auto text = mosquitto_configuration(4711, "", "/run/my report", options);
    const std::string folder = "/run/my report/mosquitto.private/";
    EXPECT_THAT(text, HasSubstr("\ncertfile " + folder + "server.pem\nkeyfile " + folder +
                                "server.pem\ntls_version tlsv1.2\n"));
    EXPECT_THAT(text, Not(HasSubstr("require_certificate")));
    EXPECT_THAT(
        target::mosquitto_tls_files("/run/my report", *options.tls),
        testing::ElementsAre(testing::Pair(folder + "ca.pem", "CA"), testing::Pair(folder + "server.pem", "SERVER")));
    options.logins = {{"car", "secret"}};
    EXPECT_THAT(mosquitto_configuration(4711, "", "/run/x", options), HasSubstr("\npassword_file "))
        << "passwords as without TLS";
}

TEST(mosquitto_configuration, of_mutual_tls_takes_the_user_from_the_certificate) {
    const mosquitto_options options{.tls = target::mosquitto_tls{.ca = "CA",
                                                                 .server = "SERVER",
                                                                 .mutual = target::mosquitto_tls::client_authentication{
                                                                     .crl = "CRL", .access = "RULES", .own = "OWN"}}};
    const auto text = mosquitto_configuration(4711, "", "/x", options);
    EXPECT_THAT(text, HasSubstr("allow_anonymous false\n"));
    EXPECT_THAT(text, HasSubstr("\ncafile /x/mosquitto.private/ca.pem\n"
                                "crlfile /x/mosquitto.private/crl.pem\n"
                                "require_certificate true\n"
                                "use_identity_as_username true\n"
                                "plugin mosquitto_dynamic_security.so\n"
                                "plugin_opt_config_file /x/mosquitto.private/access.json\n"));
    EXPECT_THAT(target::mosquitto_tls_files("/x", *options.tls),
                testing::IsSupersetOf({testing::Pair("/x/mosquitto.private/crl.pem", "CRL"),
                                       testing::Pair("/x/mosquitto.private/access.json", "RULES"),
                                       testing::Pair("/x/mosquitto.private/loadsim.pem", "OWN")}));
}

TEST(mosquitto_configuration, of_an_old_version_limits_openssl) {
    const mosquitto_options options{.tls = target::mosquitto_tls{.ca = "CA", .server = "SERVER", .old_version = true}};
    EXPECT_THAT(mosquitto_configuration(4711, "", "/x", options), HasSubstr("\ntls_version tlsv1.1\n"));
    EXPECT_THAT(
        target::mosquitto_tls_files("/x", *options.tls),
        testing::Contains(testing::Pair("/x/mosquitto.private/openssl.cnf", HasSubstr("MaxProtocol = TLSv1.1\n"))));
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
