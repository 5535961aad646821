// Messages of the server: QoS 0, 1, 2, and its receive maximum.
#include "conversation.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::mqtt;

namespace {
constexpr auto v3 = version::v3_1_1;
constexpr auto v5 = version::v5_0;
} // namespace

TEST(receive, qos_0_and_1) {
    conversation c(options_of(v3));
    c.connect().tell("31 04 00 01 't' 'a'");
    EXPECT_EQ(c.said(), "");
    c.tell("3A 06 00 01 't' 00 09 'b'");
    EXPECT_EQ(c.said(), "40 02 00 09");
    EXPECT_EQ(c.told(), "connected; message t a q0 retain; message t b q1 dup");
    c.tell("3A 06 00 01 't' 00 09 'b'"); // 4.3.2: QoS 1 may come twice
    EXPECT_EQ(c.told(), "message t b q1 dup");
}

TEST(receive, hands_over_the_properties_of_a_request) { // 4.10
    conversation c(options_of(v5));
    c.connect().tell("30 18 00 01 't' 13 02 00 00 00 0A 03 00 02 'js' 08 00 01 'r' 09 00 02 'id' 'x'");
    EXPECT_EQ(c.told(), "connected; message t x q0 to r id id as js for 10");
}

TEST(receive, hands_over_the_user_property_that_is_asked_for) { // 3.3.2.3.7
    const std::string message = "30 16 00 01 't' 10 26 00 01 'a' 00 02 'v1' 26 00 01 'a' 00 02 'v2' 'x' 'y'";
    for (const auto& [name, value] : {std::pair{"a", "v1"}, {"b", ""}}) {
        conversation c(options_of(v5));
        c.asked_for = name;
        c.connect().tell(message);
        EXPECT_EQ(c.told(), std::string("connected; message t xy q0 ") + name + "=" + value);
    }
    conversation old(options_of(v3));
    old.asked_for = "a";
    old.connect().tell("30 04 00 01 't' 'x'");
    EXPECT_EQ(old.told(), "connected; message t x q0 a=");
}

TEST(receive, qos_2_once_per_identifier) { // 4.3.3
    for (const auto v : {v3, v5}) {
        conversation c(options_of(v));
        const std::string m = v == v3 ? "34 06 00 01 't' 00 07 'x'" : "34 07 00 01 't' 00 07 00 'x'";
        c.connect().tell(m);
        EXPECT_EQ(c.said(), "50 02 00 07");
        EXPECT_EQ(c.told(), "connected; message t x q2");
        c.tell(m);
        EXPECT_EQ(c.said(), "50 02 00 07");
        EXPECT_EQ(c.told(), "");
        EXPECT_EQ(c.tell("62 02 00 07").said(), "70 02 00 07");
        c.tell(m); // a new message with the identifier of the old
        EXPECT_EQ(c.told(), "message t x q2");
    }
}

TEST(receive, pubrel_of_an_unknown_identifier_is_completed) { // 3.7.2.1
    conversation c(options_of(v5));
    EXPECT_EQ(c.connect().tell("62 02 00 07").said(), "70 03 00 07 92");
    conversation old(options_of(v3));
    EXPECT_EQ(old.connect().tell("62 02 00 07").said(), "70 02 00 07");
}

TEST(receive, acknowledges_before_it_hands_over) {
    conversation c(options_of(v3));
    c.connect();
    c.in_on_message = [&](session&) { c.publish(qos::at_most_once, "y"); };
    EXPECT_EQ(c.tell("32 06 00 01 't' 00 09 'b'").said(), to_hex("40 02 00 09 30 04 00 01 't' 'y'"));
}

TEST(receive_maximum, an_overrun_is_0x93) { // 3.3.4
    session_options o = options_of(v5);
    o.receive_maximum = 2;
    for (const auto* third : {"34 06 00 01 't' 00 03 00", "32 06 00 01 't' 00 03 00"}) {
        conversation c(o);
        c.connect().tell("34 06 00 01 't' 00 01 00 34 06 00 01 't' 00 02 00");
        EXPECT_EQ(c.error, std::error_code{});
        c.said();
        c.tell("30 04 00 01 't' 00"); // QoS 0 is not counted
        EXPECT_EQ(c.error, std::error_code{});
        c.tell(third);
        EXPECT_EQ(c.error, errc::protocol_error) << third;
        EXPECT_EQ(c.said(), "E0 01 93");
    }
}

TEST(receive_maximum, pubcomp_gives_quota_back) { // 4.9
    session_options o = options_of(v5);
    o.receive_maximum = 1;
    conversation c(o);
    c.connect();
    for (int i = 0; i < 3; ++i) {
        c.tell("32 06 00 01 't' 00 05 00"); // QoS 1 is acknowledged at once
        c.tell("34 06 00 01 't' 00 01 00 62 02 00 01");
        ASSERT_EQ(c.error, std::error_code{});
    }
}

TEST(receive_maximum, starts_anew_with_a_connection) { // 4.9: not preserved
    session_options o = kept_v5();
    o.receive_maximum = 1;
    conversation c(o);
    c.connect().tell("34 06 00 01 't' 00 01 00").lose().connect("20 03 01 00 00");
    EXPECT_EQ(c.tell("3C 06 00 01 't' 00 01 00").error, std::error_code{});
    EXPECT_EQ(c.tell("34 06 00 01 't' 00 02 00").error, errc::protocol_error);
}

TEST(receive_maximum, binds_nobody_in_3_1_1) {
    session_options o = options_of(v3);
    o.receive_maximum = 1;
    conversation c(o);
    c.connect().tell("34 05 00 01 't' 00 01 34 05 00 01 't' 00 02");
    EXPECT_EQ(c.error, std::error_code{});
}
