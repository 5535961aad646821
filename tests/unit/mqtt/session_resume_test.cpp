// Session state across connections (4.1, 4.4, 4.6).
#include "session_fixture.hpp"
#include "short_names.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::mqtt;

namespace {
constexpr auto present = "20 03 01 00 00";
} // namespace

TEST(resume, sends_again_in_the_old_order_and_before_anything_new) { // 4.4, 4.6
    session_fixture c(kept_v5());
    c.connect();
    c.publish(q1, "a");
    c.publish(q2, "b");
    c.publish(q2, "c");
    c.publish(q1, "d");
    c.receive("50 02 00 02"); // b reached PUBREL
    c.take_events();
    c.take_output();
    c.in_on_connected = [&](session&) { c.publish(q1, "new"); };
    c.lose_transport().connect(present);
    EXPECT_EQ(c.take_events(), "resumed");
    EXPECT_EQ(c.take_output(), to_hex("3A 07 00 01 't' 00 01 00 'a' 62 02 00 02 3C 07 00 01 't' 00 03 00 'c' "
                                      "3A 07 00 01 't' 00 04 00 'd' 32 09 00 01 't' 00 05 00 'new'"));
    c.receive("40 02 00 01 70 02 00 02 50 02 00 03 70 02 00 03 40 02 00 04 40 02 00 05");
    EXPECT_EQ(c.take_events(),
              "published 1 success; published 2 success; published 3 success; published 4 success; published 5 "
              "success");
    EXPECT_EQ(c.client.unacknowledged(), 0U);
}

TEST(resume, works_in_3_1_1_and_more_than_once) {
    session_fixture c(options_of(v3, false));
    c.connect();
    c.publish(q1, "a");
    c.lose_transport().connect("20 02 01 00");
    EXPECT_EQ(c.take_output(), to_hex("3A 06 00 01 't' 00 01 'a'"));
    c.lose_transport().open().lose_transport().connect("20 02 01 00"); // a connection without CONNACK in between
    EXPECT_EQ(c.take_output(), to_hex("3A 06 00 01 't' 00 01 'a'"));
}

TEST(resume, is_the_only_time_messages_are_resent) { // MQTT-4.4.0-1
    session_fixture c(kept_v5());
    c.connect();
    c.publish(q1);
    c.take_output();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(c.advance(60s), std::error_code{});
        EXPECT_EQ(c.take_output(), "C0 00");
        c.receive("D0 00");
        EXPECT_EQ(c.take_output(), "");
    }
}

TEST(resume, leaves_out_a_message_that_was_discarded) {
    session_fixture c(options_of(v3, false));
    c.connect();
    c.publish(q1, "a");
    c.publish(q1, "b");
    c.client.discard(1);
    EXPECT_EQ(c.client.unacknowledged(), 2U) << "the connection is open";
    c.lose_transport();
    c.client.discard(1);
    c.client.discard(9);
    EXPECT_EQ(c.client.unacknowledged(), 1U);
    c.take_output();
    c.connect("20 02 01 00");
    EXPECT_EQ(c.take_output(), to_hex("3A 06 00 01 't' 00 02 'b'"));
    c.lose_transport();
    c.client.discard(2);
    EXPECT_EQ(c.client.unacknowledged(), 0U);
}

TEST(resume, respects_the_new_receive_maximum) { // 4.9
    session_fixture c(kept_v5());
    c.connect();
    c.publish(q1, "a");
    c.publish(q1, "b");
    c.take_output();
    c.lose_transport().connect("20 06 01 00 03 21 00 01");
    EXPECT_EQ(c.take_output(), to_hex("3A 07 00 01 't' 00 01 00 'a'"));
    c.publish(q1, "c"); // waits behind b
    EXPECT_EQ(c.take_output(), "");
    EXPECT_EQ(c.receive("40 02 00 01").take_output(), to_hex("3A 07 00 01 't' 00 02 00 'b'"));
    EXPECT_EQ(c.receive("40 02 00 02").take_output(), to_hex("32 07 00 01 't' 00 03 00 'c'"));
}

TEST(resume, waiting_messages_are_sent_without_dup) {
    session_fixture c(kept_v5());
    c.connect("20 06 00 00 03 21 00 01");
    c.publish(q1, "a");
    c.publish(q1, "b");
    c.lose_transport().connect(present);
    EXPECT_EQ(c.take_output(), to_hex("3A 07 00 01 't' 00 01 00 'a' 32 07 00 01 't' 00 02 00 'b'"));
}

TEST(resume, messages_the_server_no_longer_allows_are_reported_as_refused) { // MQTT-3.2.2-15, -11, -14
    session_fixture c(kept_v5());
    c.connect();
    c.publish(q1, std::string(30, 'x'));
    c.publish(q2, "b");
    ASSERT_FALSE(c.client.publish({.topic = "t", .payload = "", .quality = q1, .retain = true}, c.now, c.out).error);
    c.publish(q1, "d");
    c.take_events();
    c.lose_transport().connect("20 0C 01 00 09 24 01 25 00 27 00 00 00 20");
    EXPECT_EQ(c.take_events(),
              "published 1 packet too large; published 2 qos not supported; published 3 retain not supported; "
              "resumed");
    EXPECT_EQ(c.take_output(), to_hex("3A 07 00 01 't' 00 04 00 'd'"));
    EXPECT_EQ(c.client.unacknowledged(), 1U);
}

TEST(resume, pubcomp_not_found_after_a_resent_pubrel_is_success) { // 3.7.2.1
    session_fixture c(kept_v5());
    c.connect();
    c.publish(q2);
    c.receive("50 02 00 01").lose_transport().connect(present);
    c.take_events();
    EXPECT_EQ(c.receive("70 03 00 01 92").take_events(), "published 1 success");
}

TEST(session_lost, reports_each_message_before_on_connected) { // 3.2.2.1.1
    session_fixture c(kept_v5());
    c.connect();
    c.publish(q1, "a");
    c.publish(q2, "b");
    c.receive("34 07 00 01 't' 00 07 00 'x'"); // and an unreleased incoming QoS 2 message
    c.take_events();
    c.lose_transport();
    EXPECT_EQ(c.client.unacknowledged(), 2U);
    c.connect(); // session present = 0
    EXPECT_EQ(c.take_events(), "published 1 unspecified error; published 2 unspecified error; connected");
    EXPECT_EQ(c.take_output(), "");
    EXPECT_EQ(c.client.unacknowledged(), 0U);
    c.receive("34 07 00 01 't' 00 07 00 'y'"); // identifier 7 is new again
    EXPECT_EQ(c.take_events(), "message t y q2");
}

TEST(session_lost, without_a_session_to_resume_all_ends_with_the_connection) {
    for (const auto& o : {options_of(v3), options_of(v5), options_of(v5, true, 60s), options_of(v5, false, 0s)}) {
        session_fixture c(o);
        c.connect();
        c.publish(q1);
        c.publish(q2);
        EXPECT_EQ(c.client.unacknowledged(), 2U);
        c.lose_transport();
        EXPECT_EQ(c.client.unacknowledged(), 0U);
        c.connect();
        EXPECT_EQ(c.take_events(), "connected; connected");
        EXPECT_EQ(c.take_output(), "");
    }
}

TEST(session_kept, identifiers_of_received_qos_2_survive) { // 4.3.3
    session_fixture c(kept_v5());
    c.connect().receive("34 07 00 01 't' 00 07 00 'x'");
    c.lose_transport().connect(present);
    c.take_events();
    c.take_output();
    c.receive("3C 07 00 01 't' 00 07 00 'x'");
    EXPECT_EQ(c.take_events(), ""); // duplicate
    EXPECT_EQ(c.take_output(), "50 02 00 07");
    EXPECT_EQ(c.receive("62 02 00 07").take_output(), "70 02 00 07");
}

TEST(session_kept, requests_end_with_their_connection) {
    session_fixture c(kept_v5());
    c.connect();
    const subscription one[] = {{"a"}};
    ASSERT_FALSE(c.client.subscribe(one, c.now, c.out).error);
    c.publish(q1, "m");
    c.lose_transport().connect(present);
    EXPECT_EQ(c.take_output(), to_hex("3A 07 00 01 't' 00 02 00 'm'"));
    EXPECT_EQ(c.receive("90 04 00 01 00 01").error, errc::protocol_error);
}

TEST(session_kept, moves_with_the_session) {
    session_fixture c(kept_v5());
    c.connect();
    c.publish(q1, "a");
    session moved = std::move(c.client);
    EXPECT_EQ(moved.unacknowledged(), 1U);
    c.client = std::move(moved);
    c.lose_transport().connect(present);
    EXPECT_EQ(c.take_output(), to_hex("3A 07 00 01 't' 00 01 00 'a'"));
}
