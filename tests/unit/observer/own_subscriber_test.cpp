#include "own_subscriber.hpp"

#include <loadsim/net/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <system_error>

using namespace loadsim;
using testing::HasSubstr;

TEST(own_subscriber, decides_whether_another_version_may_help) {
    const auto closed = make_error_code(net::errc::closed_by_peer);
    const auto refused = make_error_code(mqtt::errc::connect_refused);
    struct row {
        net::start_failure failure;
        bool refuses_version;
    };
    const row rows[] = {
        {{.why = refused, .reason = mqtt::reason::unsupported_protocol_version}, true},
        {{.why = refused, .reason = mqtt::reason::bad_user_name_or_password}, false},
        {{.why = refused, .reason = mqtt::reason::not_authorized}, false},
        {{.why = refused, .reason = mqtt::reason::client_identifier_not_valid}, false},
        {{.why = mqtt::errc::use_another_server, .reason = mqtt::reason::server_moved}, false},
        {{.why = closed}, true},
        {{.why = std::make_error_code(std::errc::connection_reset)}, true},
        {{.why = mqtt::errc::malformed_packet}, true}, // a CONNACK of 3.1.1
        {{.why = {ECONNREFUSED, std::system_category()}}, true},
        {{.why = net::errc::connect_timeout}, false},
        {{.why = mqtt::errc::connack_timeout}, false},
        {{.reason = mqtt::reason::not_authorized, .filter = "v1/+/evt"}, false},
        {{.why = closed, .filter = "v1/+/evt"}, false},
        {{.why = mqtt::errc::invalid_argument, .filter = "a#"}, false},
    };
    for (const auto& r : rows) {
        const auto described = loadsim::observer::describe(r.failure);
        EXPECT_EQ(described.refuses_version, r.refuses_version) << described.error;
    }
}

TEST(own_subscriber, sentence_names_the_keys_of_the_observer) {
    using mqtt::reason;
    EXPECT_THAT(
        loadsim::observer::describe({.why = mqtt::errc::connect_refused, .reason = reason::not_authorized}).error,
        HasSubstr("target.user and target.password"));
    EXPECT_THAT(loadsim::observer::describe(
                    {.reason = reason::shared_subscriptions_not_supported, .filter = "$share/g/v1/+/evt"})
                    .error,
                HasSubstr("has no shared subscriptions, which several clients of an observer need; write clients: 1"));
}
