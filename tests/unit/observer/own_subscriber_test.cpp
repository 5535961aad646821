#include "own_subscriber.hpp"

#include <loadsim/net/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <system_error>

using namespace loadsim;
using testing::HasSubstr;

TEST(own_subscriber, says_why_it_cannot_start_and_whether_another_version_may_help) {
    const auto closed = make_error_code(net::errc::closed_by_peer);
    const auto refused = make_error_code(mqtt::errc::connect_refused);
    struct row {
        net::start_failure failure;
        std::string sentence;
        bool refuses_version;
    };
    const row rows[] = {
        {{.why = refused, .reason = mqtt::reason::unsupported_protocol_version}, "unsupported protocol version", true},
        {{.why = refused, .reason = mqtt::reason::bad_user_name_or_password}, "bad user name or password", false},
        {{.why = refused, .reason = mqtt::reason::not_authorized}, "target.user and target.password", false},
        {{.why = refused, .reason = mqtt::reason::client_identifier_not_valid}, "allow this client id", false},
        {{.why = mqtt::errc::use_another_server,
          .reason = mqtt::reason::server_moved,
          .server_reference = "b.test:1883"},
         "refuses the observer (server moved (0x9D), at b.test:1883); give the server that it names, b.test:1883, as "
         "target.broker",
         false},
        {{.why = closed},
         "the observer cannot connect (connection closed by the other side); check that the broker runs",
         true},
        {{.why = std::make_error_code(std::errc::connection_reset)}, "cannot connect", true},
        {{.why = mqtt::errc::malformed_packet}, "cannot connect", true}, // a CONNACK of 3.1.1
        {{.why = {ECONNREFUSED, std::system_category()}}, "Connection refused", true},
        {{.why = net::errc::connect_timeout}, "cannot connect (no TCP connection in time)", false},
        {{.why = mqtt::errc::connack_timeout}, "does not answer the observer; see whether it is an MQTT broker", false},
        {{.reason = mqtt::reason::not_authorized, .filter = "v1/+/evt"},
         "the broker refuses the observer's subscription to v1/+/evt (not authorized); check the broker's access rules",
         false},
        {{.reason = mqtt::reason::quota_exceeded, .filter = "v1/+/evt"},
         "subscription to v1/+/evt (quota exceeded); raise the broker's limit of subscriptions",
         false},
        {{.reason = mqtt::reason::shared_subscriptions_not_supported, .filter = "$share/g/v1/+/evt"},
         "has no shared subscriptions, which several clients of an observer need; write clients: 1",
         false},
        {{.why = closed, .filter = "v1/+/evt"},
         "the broker closes the connection at the observer's subscription to v1/+/evt; see its log",
         false},
        {{.why = mqtt::errc::invalid_argument, .filter = "a#"}, "cannot subscribe to a#", false},
    };
    for (const auto& r : rows) {
        const auto told = observer::describe(r.failure);
        EXPECT_THAT(told.error, HasSubstr(r.sentence));
        EXPECT_EQ(told.refuses_version, r.refuses_version) << r.sentence;
        EXPECT_EQ(told.error.find('\n'), std::string::npos);
    }
}
