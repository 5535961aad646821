// Incoming messages: QoS 0, 1, 2, and the receive maximum.
#include "session_fixture.hpp"
#include "short_names.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::mqtt;

TEST(receive, qos_0_and_1) {
    session_fixture c(options_of(v3));
    c.connect().receive("31 04 00 01 't' 'a'");
    EXPECT_EQ(c.take_output(), "");
    c.receive("3A 06 00 01 't' 00 09 'b'");
    EXPECT_EQ(c.take_output(), "40 02 00 09");
    EXPECT_EQ(c.take_events(), "connected; message t a q0 retain; message t b q1 dup");
    c.receive("3A 06 00 01 't' 00 09 'b'"); // 4.3.2: QoS 1 may come twice
    EXPECT_EQ(c.take_events(), "message t b q1 dup");
}

TEST(receive, passes_the_properties_of_a_request) { // 4.10
    session_fixture c(options_of(v5));
    c.connect().receive("30 18 00 01 't' 13 02 00 00 00 0A 03 00 02 'js' 08 00 01 'r' 09 00 02 'id' 'x'");
    EXPECT_EQ(c.take_events(), "connected; message t x q0 to r id id as js for 10");
}

TEST(receive, user_property_is_found_by_name) { // 3.3.2.3.7
    const std::string message = "30 16 00 01 't' 10 26 00 01 'a' 00 02 'v1' 26 00 01 'a' 00 02 'v2' 'x' 'y'";
    for (const auto& [name, value] : {std::pair{"a", "v1"}, {"b", ""}}) {
        session_fixture c(options_of(v5));
        c.logged_property = name;
        c.connect().receive(message);
        EXPECT_EQ(c.take_events(), std::string("connected; message t xy q0 ") + name + "=" + value);
    }
    session_fixture old(options_of(v3));
    old.logged_property = "a";
    old.connect().receive("30 04 00 01 't' 'x'");
    EXPECT_EQ(old.take_events(), "connected; message t x q0 a=");
}

TEST(receive, qos_2_once_per_identifier) { // 4.3.3
    for (const auto v : {v3, v5}) {
        session_fixture c(options_of(v));
        const std::string m = v == v3 ? "34 06 00 01 't' 00 07 'x'" : "34 07 00 01 't' 00 07 00 'x'";
        c.connect().receive(m);
        EXPECT_EQ(c.take_output(), "50 02 00 07");
        EXPECT_EQ(c.take_events(), "connected; message t x q2");
        c.receive(m);
        EXPECT_EQ(c.take_output(), "50 02 00 07");
        EXPECT_EQ(c.take_events(), "");
        EXPECT_EQ(c.receive("62 02 00 07").take_output(), "70 02 00 07");
        c.receive(m); // a new message with a reused identifier
        EXPECT_EQ(c.take_events(), "message t x q2");
    }
}

TEST(receive, pubrel_of_an_unknown_identifier_is_completed) { // 3.7.2.1
    session_fixture c(options_of(v5));
    EXPECT_EQ(c.connect().receive("62 02 00 07").take_output(), "70 03 00 07 92");
    session_fixture old(options_of(v3));
    EXPECT_EQ(old.connect().receive("62 02 00 07").take_output(), "70 02 00 07");
}

TEST(receive, acknowledges_before_on_message) {
    session_fixture c(options_of(v3));
    c.connect();
    c.in_on_message = [&](session&) { c.publish(qos::at_most_once, "y"); };
    EXPECT_EQ(c.receive("32 06 00 01 't' 00 09 'b'").take_output(), to_hex("40 02 00 09 30 04 00 01 't' 'y'"));
}

TEST(receive_maximum, an_overrun_is_0x93) { // 3.3.4
    session_options o = options_of(v5);
    o.receive_maximum = 2;
    for (const auto* third : {"34 06 00 01 't' 00 03 00", "32 06 00 01 't' 00 03 00"}) {
        session_fixture c(o);
        c.connect().receive("34 06 00 01 't' 00 01 00 34 06 00 01 't' 00 02 00");
        EXPECT_EQ(c.error, std::error_code{});
        c.take_output();
        c.receive("30 04 00 01 't' 00"); // QoS 0 is not counted
        EXPECT_EQ(c.error, std::error_code{});
        c.receive(third);
        EXPECT_EQ(c.error, errc::protocol_error) << third;
        EXPECT_EQ(c.take_output(), "E0 01 93");
    }
}

TEST(receive_maximum, pubcomp_returns_quota) { // 4.9
    session_options o = options_of(v5);
    o.receive_maximum = 1;
    session_fixture c(o);
    c.connect();
    for (int i = 0; i < 3; ++i) {
        c.receive("32 06 00 01 't' 00 05 00"); // QoS 1 is acknowledged at once
        c.receive("34 06 00 01 't' 00 01 00 62 02 00 01");
        ASSERT_EQ(c.error, std::error_code{});
    }
}

TEST(receive_maximum, is_reset_by_a_new_connection) { // 4.9: not preserved
    session_options o = kept_v5();
    o.receive_maximum = 1;
    session_fixture c(o);
    c.connect().receive("34 06 00 01 't' 00 01 00").lose_transport().connect("20 03 01 00 00");
    EXPECT_EQ(c.receive("3C 06 00 01 't' 00 01 00").error, std::error_code{});
    EXPECT_EQ(c.receive("34 06 00 01 't' 00 02 00").error, errc::protocol_error);
}

TEST(receive_maximum, does_not_exist_in_3_1_1) {
    session_options o = options_of(v3);
    o.receive_maximum = 1;
    session_fixture c(o);
    c.connect().receive("34 05 00 01 't' 00 01 34 05 00 01 't' 00 02");
    EXPECT_EQ(c.error, std::error_code{});
}
