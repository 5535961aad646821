#include "start_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

using namespace loadsim;

namespace {

std::string start_error(const std::optional<net::start_failure>& failure) {
    const net::mqtt_client::client_setup setup{.display_name = "the driver", .client_id = "loadsim-1-0"};
    return driver::start_error(setup, mqtt::version::v5_0, failure);
}

} // namespace

TEST(start_error, says_what_the_broker_refused) {
    EXPECT_EQ(start_error({}), "");
    const boost::asio::ip::tcp::endpoint broker(boost::asio::ip::make_address("10.0.0.1"), 1883);
    const auto refused = [&](mqtt::reason r, std::string reference = {}) {
        return start_error(net::start_failure{.why = mqtt::errc::connect_refused,
                                              .reason = r,
                                              .server_reference = std::move(reference),
                                              .broker = broker});
    };
    EXPECT_EQ(refused(mqtt::reason::not_authorized),
              "the broker 10.0.0.1:1883 refuses the session of the driver, client id 'loadsim-1-0' (not authorized "
              "(0x87)); check target.user and target.password and the broker's access rules");
    EXPECT_THAT(
        refused(mqtt::reason::client_identifier_not_valid),
        testing::AllOf(testing::HasSubstr("allow this client id"), testing::Not(testing::HasSubstr("password"))));
    EXPECT_THAT(refused(mqtt::reason::unsupported_protocol_version), testing::HasSubstr("fleet.mqtt.version to 3.1.1"));
    EXPECT_EQ(start_error(net::start_failure{.why = mqtt::errc::use_another_server,
                                             .reason = mqtt::reason::use_another_server,
                                             .server_reference = "b.test:1883",
                                             .broker = broker}),
              "the broker 10.0.0.1:1883 refuses the session of the driver, client id 'loadsim-1-0' (use another server "
              "(0x9C), at b.test:1883); give the server that it names, b.test:1883, as target.broker");
    EXPECT_EQ(
        start_error(net::start_failure{.reason = mqtt::reason::not_authorized, .filter = "v1/+/rsp/+"}),
        "the broker refuses the driver's subscription to v1/+/rsp/+ (not authorized); check the broker's access rules");
    EXPECT_EQ(start_error(net::start_failure{.why = mqtt::errc::invalid_argument, .filter = "a#"}),
              "the driver cannot subscribe to a#: a topic, filter or string that MQTT does not allow");
    EXPECT_EQ(start_error(net::start_failure{.unsupported = "it takes packets of 10 bytes"}),
              "it takes packets of 10 bytes");
}
