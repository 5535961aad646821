#include "start_error.hpp"

#include <gtest/gtest.h>

using namespace loadsim;

TEST(start_error, says_what_the_broker_refused) {
    EXPECT_EQ(driver::start_error("the driver", {}), "");
    EXPECT_EQ(
        driver::start_error("the driver", net::start_failure{.why = mqtt::errc::connect_refused,
                                                             .reason = mqtt::reason::not_authorized}),
        "the driver's session cannot connect: connection refused by the server: not authorized; check the broker and "
        "its access rules");
    EXPECT_EQ(
        driver::start_error("the driver",
                            net::start_failure{.reason = mqtt::reason::not_authorized, .filter = "v1/+/rsp/+"}),
        "the broker refuses the driver's subscription to v1/+/rsp/+ (not authorized); check the broker and its access "
        "rules");
    EXPECT_EQ(
        driver::start_error("the driver", net::start_failure{.why = mqtt::errc::invalid_argument, .filter = "a#"}),
        "the driver cannot subscribe to a#: a topic, filter or string that MQTT does not allow");
}
