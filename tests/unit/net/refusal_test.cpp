#include <loadsim/net/error.hpp>
#include <loadsim/net/refusal.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <system_error>

using namespace loadsim;
using testing::HasSubstr;
using testing::Not;

namespace {

constexpr net::session_keys keys{.version = "fleet.mqtt.version",
                                 .client_id = "fleet.mqtt.clientId",
                                 .credentials = "fleet.mqtt.user and fleet.mqtt.password",
                                 .will = "contract.presence"};
constexpr auto v5 = mqtt::version::v5_0;

} // namespace

TEST(refusal, names_the_code_and_the_server_that_the_broker_refers_to) {
    EXPECT_EQ(net::describe(mqtt::reason::use_another_server, "b.test:1883"),
              "use another server (0x9C), at b.test:1883");
    EXPECT_EQ(net::describe(mqtt::reason::server_moved), "server moved (0x9D)");
}

TEST(refusal, advice_names_the_key_to_change) {
    using enum mqtt::reason;
    struct row {
        mqtt::reason why;
        std::string key;
    };
    const row rows[] = {
        {unsupported_protocol_version, "set fleet.mqtt.version to 3.1.1"},
        {client_identifier_not_valid, "change fleet.mqtt.clientId"},
        {bad_user_name_or_password, "check fleet.mqtt.user and fleet.mqtt.password"},
        {not_authorized, "fleet.mqtt.password and the broker's access rules"},
        {connection_rate_exceeded, "fleet.connectRate"},
        {packet_too_large, "shorten contract.presence"},
        {retain_not_supported, "contract.presence.retain"},
        {qos_not_supported, "contract.presence.qos"},
        {use_another_server, "target.broker"},
        {server_moved, "target.broker"},
    };
    EXPECT_EQ(net::advice_on(use_another_server, keys, v5, "b.test:1883"),
              "give the server that it names, b.test:1883, as target.broker");
    EXPECT_THAT(net::advice_on(use_another_server, keys, v5), HasSubstr("does not name that server"));
    EXPECT_THAT(net::advice_on(retain_not_supported, {}, v5), HasSubstr("retains nothing"));
    EXPECT_THAT(net::advice_on(qos_not_supported, {}, v5), HasSubstr("nothing above QoS 0"));
    for (const auto& r : rows) EXPECT_THAT(net::advice_on(r.why, keys, v5), HasSubstr(r.key));
    EXPECT_THAT(net::advice_on(client_identifier_not_valid, keys, v5), Not(HasSubstr("password")));
    EXPECT_THAT(net::advice_on(unsupported_protocol_version, keys, mqtt::version::v3_1_1), HasSubstr("to 5.0"));
    EXPECT_THAT(net::advice_on(unsupported_protocol_version, {}, v5), HasSubstr("use a broker that supports it"));
}

TEST(refusal, start_error_names_the_session_the_cause_and_what_to_do) {
    const boost::asio::ip::tcp::endpoint broker(boost::asio::ip::make_address("10.0.0.1"), 1883);
    const auto refused = make_error_code(mqtt::errc::connect_refused);
    struct row {
        net::start_failure failure;
        std::string sentence;
    };
    const row rows[] = {
        {{.why = refused, .reason = mqtt::reason::not_authorized, .broker = broker, .client_id = "loadsim-1-0"},
         "the broker 10.0.0.1:1883 refuses the session of the driver, client id 'loadsim-1-0' (not authorized (0x87)); "
         "check target.user and target.password and the broker's access rules"},
        {{.why = mqtt::errc::use_another_server,
          .reason = mqtt::reason::use_another_server,
          .server_reference = "b.test:1883",
          .broker = broker,
          .client_id = "c"},
         "the broker 10.0.0.1:1883 refuses the session of the driver, client id 'c' (use another server (0x9C), at "
         "b.test:1883); give the server that it names, b.test:1883, as target.broker"},
        {{.why = refused, .reason = mqtt::reason::client_identifier_not_valid, .broker = broker, .client_id = "c"},
         "the broker 10.0.0.1:1883 refuses the session of the driver, client id 'c' (client identifier not valid "
         "(0x85)); allow this client id in the broker's rules"},
        {{.why = refused,
          .reason = mqtt::reason::unsupported_protocol_version,
          .broker = broker,
          .client_id = "c",
          .protocol = mqtt::version::v3_1_1},
         "the broker 10.0.0.1:1883 refuses the session of the driver, client id 'c' (unsupported protocol version "
         "(0x84)); it does not support MQTT 3.1.1: set fleet.mqtt.version to 5.0"},
        {{.why = mqtt::errc::connack_timeout},
         "the broker does not answer the driver; see whether it is an MQTT broker, and its log"},
        {{.why = {ECONNREFUSED, std::system_category()}},
         "the driver cannot connect (Connection refused); check that the broker runs, and target.user and "
         "target.password if it wants them"},
        {{.reason = mqtt::reason::not_authorized, .filter = "v1/+/rsp/+"},
         "the broker refuses the driver's subscription to v1/+/rsp/+ (not authorized (0x87)); check the broker's "
         "access "
         "rules"},
        {{.why = std::make_error_code(std::errc::connection_reset)},
         "the driver cannot connect (Connection reset by peer); check that the broker runs, without TLS on this port "
         "(else "
         "write mqtts://), and target.user and target.password if it wants them"},
        {{.why = net::errc::closed_by_peer, .uses_tls = true},
         "the driver cannot connect (connection closed by the other side); check that the broker runs, and target.user "
         "and "
         "target.password if it wants them"},
        {{.broker = broker, .tls = "tls: no"}, "the driver has no TLS session with 10.0.0.1:1883: tls: no"},
        {{.why = mqtt::errc::invalid_argument, .filter = "a#"},
         "the driver cannot subscribe to a#: a topic, filter or string that MQTT does not allow"},
        {{.why = net::errc::closed_by_peer, .filter = "v1/+/evt"},
         "the broker closes the connection at the driver's subscription to v1/+/evt (connection closed by the other "
         "side); see its log"},
        {{.unsupported = "it takes packets of 10 bytes"}, "it takes packets of 10 bytes"},
    };
    for (auto r : rows) {
        r.failure.session = "the driver";
        EXPECT_EQ(net::start_error(r.failure, net::keys_of_own_sessions), r.sentence);
    }
}

TEST(refusal, advice_on_a_subscription_is_about_its_reason) {
    EXPECT_EQ(net::advice_on_subscription(mqtt::reason::quota_exceeded), "raise the broker's limit of subscriptions");
    EXPECT_EQ(net::advice_on_subscription(mqtt::reason::not_authorized), "check the broker's access rules");
    EXPECT_EQ(net::advice_on_subscription(mqtt::reason::unspecified_error), "check the broker's access rules")
        << "all that 3.1.1 has";
}

TEST(refusal, limits_name_both_values_and_the_key) {
    EXPECT_EQ(net::qos_limit(mqtt::qos::at_most_once, mqtt::qos::at_least_once, "commands", "contract.command.qos"),
              "the broker's highest QoS is 0: commands are sent with that and not with 1, so some may be lost; set "
              "contract.command.qos to 0, or use a broker with QoS 1");
    EXPECT_EQ(net::packet_limit(100, 120, "a command for 'horn'", "contract.command.payload"),
              "the broker takes packets of at most 100 bytes, and a command for 'horn' has 120; shorten "
              "contract.command.payload, or raise the broker's maximum packet size");
    EXPECT_THAT(net::retain_limit("presence messages", "contract.presence.retain"),
                HasSubstr("set contract.presence.retain to false"));
    EXPECT_EQ(net::refused_subscription("v1/+/rsp/+", "not authorized", mqtt::reason::not_authorized),
              "after a reconnect the broker refuses the subscription to v1/+/rsp/+ (not authorized), so messages are "
              "missed; check the broker's access rules");
    EXPECT_THAT(net::refused_subscription("v1/+/rsp/+", "quota exceeded", mqtt::reason::quota_exceeded),
                HasSubstr("messages are missed; raise the broker's limit of subscriptions"));
}

TEST(refusal, size_of_a_packet_includes_header_and_topic) {
    // 3.3: fixed header 2, topic 2 + 1, packet identifier 2, no properties 1, payload 3.
    EXPECT_EQ(net::packet_size({.topic = "t", .payload = "abc", .quality = mqtt::qos::at_least_once}, v5), 11U);
    EXPECT_EQ(net::packet_size({.topic = "t", .payload = "abc", .quality = mqtt::qos::at_most_once}, v5), 9U);
}
