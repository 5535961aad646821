#include "mqtt_adapter.hpp"

#include <loadsim/net/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <system_error>

using namespace loadsim;
using testing::HasSubstr;

TEST(mqtt_adapter, says_why_it_cannot_start) {
    struct row {
        net::start_failure failure;
        std::string sentence;
    };
    const row rows[] = {
        {{.why = {ECONNREFUSED, std::system_category()}},
         "the broker cannot be reached (Connection refused); start it, or give the address of one that runs"},
        {{.why = net::errc::closed_by_peer}, "cannot be reached (connection closed by the other side)"},
        {{.why = mqtt::errc::connack_timeout},
         "the broker does not answer; see whether it is an MQTT broker and whether it runs"},
        {{.why = mqtt::errc::connect_refused, .reason = mqtt::reason::not_authorized},
         "the broker refuses the connection (not authorized (0x87)); check the user"},
        {{.reason = mqtt::reason::not_authorized, .filter = "v1/+/rsp/+"},
         "the broker refuses our subscription to v1/+/rsp/+ (not authorized); let this client have it"},
        {{.why = net::errc::closed_by_peer, .filter = "v1/+/rsp/+"},
         "the broker closes the connection at our subscription to v1/+/rsp/+"},
    };
    for (const auto& r : rows) EXPECT_THAT(backend::start_error(r.failure), HasSubstr(r.sentence));
}
