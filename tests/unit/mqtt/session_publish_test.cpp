// Outgoing messages: QoS 0, 1, 2, flow control, identifiers, resumption; subscriptions.
#include "session_fixture.hpp"
#include "short_names.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::mqtt;

TEST(publish, needs_a_connection_and_a_topic_name) {
    session_fixture c(options_of(v5));
    EXPECT_EQ(c.publish(q1).error, errc::not_connected);
    c.open();
    EXPECT_EQ(c.publish(q0).error, errc::not_connected);
    c.receive("20 03 00 00 00");
    for (const message& m :
         {message{.topic = "", .payload = ""}, message{.topic = "a/#", .payload = ""},
          message{.topic = "\xFF", .payload = ""}, message{.topic = "t", .payload = "", .response_topic = "+"},
          message{.topic = "t", .payload = "", .content_type = "\xC0\x80"}})
        EXPECT_EQ(c.client.publish(m, c.now, c.out).error, errc::invalid_argument) << m.topic;
    EXPECT_EQ(c.take_output(), "");
    EXPECT_EQ(c.client.unacknowledged(), 0U);
}

TEST(publish, qos_0_is_sent_and_forgotten) {
    session_fixture c(options_of(v5));
    c.connect();
    const auto p = c.publish(q0);
    EXPECT_EQ(p.packet_id, 0);
    EXPECT_EQ(c.take_output(), to_hex("30 05 00 01 't' 00 'x'"));
    EXPECT_EQ(c.client.unacknowledged(), 0U);
}

TEST(publish, qos_1_ends_with_puback) { // 4.3.2
    session_fixture c(options_of(v5));
    c.connect();
    EXPECT_EQ(c.publish(q1).packet_id, 1);
    EXPECT_EQ(c.take_output(), to_hex("32 07 00 01 't' 00 01 00 'x'"));
    EXPECT_EQ(c.client.unacknowledged(), 1U);
    c.receive("40 03 00 01 10");
    EXPECT_EQ(c.take_events(), "connected; published 1 no matching subscribers");
    EXPECT_EQ(c.client.unacknowledged(), 0U);
    c.receive("40 02 00 01"); // duplicate of an unknown identifier: ignored
    EXPECT_EQ(c.error, std::error_code{});
    EXPECT_EQ(c.take_events(), "");
    EXPECT_EQ(c.publish(q1).packet_id, 2); // identifiers are allocated round robin
}

TEST(publish, qos_2_ends_with_pubcomp) { // 4.3.3
    for (const auto v : {v3, v5}) {
        session_fixture c(options_of(v));
        c.connect();
        EXPECT_EQ(c.publish(q2).packet_id, 1);
        c.take_output();
        c.receive("50 02 00 01");
        EXPECT_EQ(c.take_output(), "62 02 00 01");
        EXPECT_EQ(c.take_events(), "connected");
        c.receive("50 02 00 01"); // PUBREC again: PUBREL again
        EXPECT_EQ(c.take_output(), "62 02 00 01");
        c.receive("70 02 00 01");
        EXPECT_EQ(c.take_events(), "published 1 success");
        EXPECT_EQ(c.client.unacknowledged(), 0U);
        c.receive("70 02 00 01");
        EXPECT_EQ(c.error, std::error_code{});
        EXPECT_EQ(c.take_events(), "");
    }
}

TEST(publish, a_refused_qos_2_ends_with_pubrec) { // 4.3.3
    session_fixture c(options_of(v5));
    c.connect();
    c.publish(q2);
    c.take_output();
    c.receive("50 03 00 01 97");
    EXPECT_EQ(c.take_output(), "");
    EXPECT_EQ(c.take_events(), "connected; published 1 quota exceeded");
    EXPECT_EQ(c.client.unacknowledged(), 0U);
}

TEST(publish, pubrec_of_an_unknown_identifier_gets_pubrel_not_found) { // 3.6.2.1
    session_fixture c(options_of(v5));
    EXPECT_EQ(c.connect().receive("50 02 00 09").take_output(), "62 03 00 09 92");
    EXPECT_EQ(c.receive("50 03 00 09 80").take_output(), "");
    session_fixture old(options_of(v3));
    EXPECT_EQ(old.connect().receive("50 02 00 09").take_output(), "62 02 00 09");
}

struct wrong_answer {
    qos quality;
    const char* answer;
    const char* why;
};

TEST(publish, an_unexpected_acknowledgement_ends_the_session) {
    const wrong_answer cases[] = {
        {q1, "50 02 00 01", "PUBREC for QoS 1"},
        {q1, "70 02 00 01", "PUBCOMP for QoS 1"},
        {q2, "70 02 00 01", "PUBCOMP before PUBREC"},
        {q1, "90 04 00 01 00 00", "SUBACK for a PUBLISH"},
    };
    for (const auto& k : cases) {
        session_fixture c(options_of(v5));
        c.connect();
        c.publish(k.quality);
        c.take_output();
        c.receive(k.answer);
        EXPECT_EQ(c.error, errc::protocol_error) << k.why;
        EXPECT_EQ(c.take_output(), "E0 01 82") << k.why;
    }
}

TEST(publish, puback_for_qos_2_completes_the_message_and_is_reported) { // as RabbitMQ 3.10 sends it
    for (const auto& o : {options_of(v5), options_of(v3), kept_v5()}) {
        session_fixture c(o);
        c.connect();
        c.take_events();
        c.publish(q2);
        c.take_output();
        EXPECT_FALSE(c.receive("40 02 00 01").error);
        EXPECT_EQ(c.take_events(), "downgraded 1; published 1 success");
        EXPECT_EQ(c.take_output(), "") << "no PUBREL for what nobody keeps";
        EXPECT_EQ(c.client.unacknowledged(), 0U);
        EXPECT_FALSE(c.lose_transport().connect().error);
        EXPECT_EQ(c.take_output(), "") << "nor is it sent again";
    }
}

TEST(publish, a_handler_of_a_downgrade_may_publish_or_close) {
    session_fixture c(options_of(v5));
    c.connect();
    c.publish(q2);
    c.take_events();
    c.in_on_downgraded = [&](session&) {
        for (int i = 0; i < 10; ++i) c.publish(q1); // moves the messages
    };
    EXPECT_FALSE(c.receive("40 02 00 01").error);
    EXPECT_EQ(c.take_events(), "downgraded 1; published 1 success");
    EXPECT_EQ(c.client.unacknowledged(), 10U);

    session_fixture closed(options_of(v5));
    closed.connect();
    closed.publish(q2);
    closed.take_events();
    closed.in_on_downgraded = [&](session& s) { s.close(reason::success, closed.now, closed.out); };
    closed.receive("40 02 00 01");
    EXPECT_EQ(closed.take_events(), "downgraded 1") << "its messages end with the session";
}

TEST(publish, puback_after_pubrec_is_a_protocol_error) {
    session_fixture c(options_of(v5));
    c.connect();
    c.publish(q2);
    c.receive("50 02 00 01");
    c.take_output();
    EXPECT_EQ(c.receive("40 02 00 01").error, errc::protocol_error);
}

TEST(publish, user_properties_go_out_in_order_and_only_with_5_0) { // 3.3.2.3.7
    const std::vector<std::pair<std::string, std::string>> both{{"a", "1"}, {"b", ""}};
    session_fixture c(options_of(v5));
    c.connect();
    EXPECT_FALSE(c.client.publish({.topic = "t", .payload = "x", .user_properties = both}, c.now, c.out).error);
    EXPECT_EQ(c.take_output(), to_hex(hex("30 12 00 01 't' 0D 26 00 01 'a' 00 01 '1' 26 00 01 'b' 00 00 'x'")));
    session_fixture old(options_of(v3));
    old.connect();
    EXPECT_FALSE(old.client.publish({.topic = "t", .payload = "x", .user_properties = both}, old.now, old.out).error);
    EXPECT_EQ(old.take_output(), to_hex(hex("30 04 00 01 't' 'x'")));
}

TEST(publish, user_property_that_cannot_be_sent_is_refused) {
    for (const auto& bad :
         {std::pair<std::string, std::string>{"\xff", "x"}, {"x", "\xff"}, {"x", std::string(65'536, 'x')}}) {
        const std::vector<std::pair<std::string, std::string>> one{bad};
        session_fixture c(options_of(v5));
        c.connect();
        EXPECT_EQ(c.client.publish({.topic = "t", .payload = "x", .user_properties = one}, c.now, c.out).error,
                  errc::invalid_argument);
        EXPECT_EQ(c.take_output(), "");
    }
}

TEST(flow_control, waits_in_order_above_the_receive_maximum) { // 4.9
    session_options o = options_of(v5);
    o.queue_limit = 2;
    session_fixture c(o);
    c.connect("20 06 00 00 03 21 00 02");
    c.publish(q1, "a");
    c.publish(q2, "b");
    c.take_output();
    EXPECT_EQ(c.publish(q1, "c").packet_id, 3); // has its identifier
    EXPECT_EQ(c.publish(q2, "d").packet_id, 4);
    EXPECT_EQ(c.take_output(), ""); // and waits
    EXPECT_EQ(c.publish(q1, "e").error, errc::queue_full);
    EXPECT_EQ(c.publish(q0, "z").error, std::error_code{}); // QoS 0 is not counted
    EXPECT_EQ(c.take_output(), to_hex("30 05 00 01 't' 00 'z'"));
    EXPECT_EQ(c.client.unacknowledged(), 4U);
    EXPECT_EQ(c.receive("50 02 00 02").take_output(), "62 02 00 02"); // PUBREC returns no quota
    EXPECT_EQ(c.receive("40 02 00 01").take_output(), to_hex("32 07 00 01 't' 00 03 00 'c'"));
    EXPECT_EQ(c.publish(q1, "f").packet_id, 5); // behind d, not past it
    EXPECT_EQ(c.take_output(), "");
    EXPECT_EQ(c.receive("70 02 00 02 40 02 00 03").take_output(),
              to_hex("34 07 00 01 't' 00 04 00 'd' 32 07 00 01 't' 00 05 00 'f'"));
    EXPECT_EQ(
        c.receive("50 03 00 04 80 40 02 00 05").take_events(),
        "connected; published 1 success; published 2 success; published 3 success; published 4 unspecified error; "
        "published 5 success");
    EXPECT_EQ(c.client.unacknowledged(), 0U);
}

TEST(flow_control, quota_is_what_is_sent_at_once) { // 4.9
    session_fixture c(options_of(v5));
    EXPECT_EQ(c.client.send_quota(), 0U) << "not connected";
    c.connect("20 06 00 00 03 21 00 02");
    EXPECT_EQ(c.client.send_quota(), 2U);
    c.publish(q0);
    EXPECT_EQ(c.client.send_quota(), 2U) << "QoS 0 is not counted";
    c.publish(q1);
    EXPECT_EQ(c.client.send_quota(), 1U);
    c.publish(q2);
    EXPECT_EQ(c.client.send_quota(), 0U);
    c.publish(q1); // waits
    EXPECT_EQ(c.client.send_quota(), 0U);
    c.receive("40 02 00 01");
    EXPECT_EQ(c.client.send_quota(), 0U) << "the message that waited has it";
    c.receive("40 02 00 03");
    EXPECT_EQ(c.client.send_quota(), 1U);
}

TEST(flow_control, acknowledgement_of_a_waiting_message_is_a_protocol_error) {
    session_fixture c(options_of(v5));
    c.connect("20 06 00 00 03 21 00 01");
    c.publish(q1);
    c.publish(q1);
    EXPECT_EQ(c.receive("40 02 00 02").error, errc::protocol_error);
}

TEST(flow_control, does_not_exist_in_3_1_1) {
    session_fixture c(options_of(v3));
    c.connect();
    for (int i = 0; i < 1'000; ++i) ASSERT_EQ(c.publish(q1).error, std::error_code{});
    EXPECT_EQ(c.out.size(), 1'000U * 8);
}

TEST(flow_control, publishing_from_inside_on_published_keeps_the_order) {
    session_fixture c(options_of(v5));
    c.connect("20 06 00 00 03 21 00 01");
    c.publish(q1, "a");
    c.publish(q1, "b");
    c.take_output();
    c.in_on_published = [&](session&) {
        c.in_on_published = nullptr;
        c.publish(q1, "c");
    };
    EXPECT_EQ(c.receive("40 02 00 01").take_output(), to_hex("32 07 00 01 't' 00 02 00 'b'"));
    EXPECT_EQ(c.receive("40 02 00 02").take_output(), to_hex("32 07 00 01 't' 00 03 00 'c'"));
}

TEST(packet_id, wraps_around_and_skips_those_in_use) { // 2.2.1
    session_fixture c(options_of(v3));
    c.connect();
    EXPECT_EQ(c.publish(q1).packet_id, 1); // never acknowledged
    const auto next = [&] {
        const auto id = c.publish(q1).packet_id;
        c.out.clear();
        const std::string hex_id = to_hex(bytes{static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id)});
        c.receive("40 02 " + hex_id);
        return id;
    };
    for (int i = 2; i <= 65'535; ++i) ASSERT_EQ(next(), i);
    EXPECT_EQ(next(), 2); // neither 0 nor 1
    EXPECT_EQ(next(), 3);
    c.events.clear();
    c.receive("40 02 00 01"); // the first one, after the wrap-around
    EXPECT_EQ(c.take_events(), "published 1 success");
    EXPECT_EQ(c.client.unacknowledged(), 0U);
}

TEST(packet_id, all_in_use_is_an_error) {
    session_fixture c(options_of(v3));
    c.connect();
    for (int i = 1; i <= 65'535; ++i) ASSERT_EQ(c.publish(q1).packet_id, i);
    EXPECT_EQ(c.publish(q1).error, errc::no_packet_identifier);
    const std::string_view filter[] = {"a"};
    EXPECT_EQ(c.client.unsubscribe(filter, c.now, c.out).error, errc::no_packet_identifier);
    EXPECT_EQ(c.publish(q0).error, std::error_code{});
    c.receive("40 02 12 34");
    EXPECT_EQ(c.publish(q1).packet_id, 0x1234);
}

TEST(subscribe, gets_a_suback) { // 3.8.4
    session_fixture c(options_of(v5));
    c.connect();
    const subscription filters[] = {{"a/b", q1}, {"c/#", q2}};
    EXPECT_EQ(c.client.subscribe(filters, c.now, c.out).packet_id, 1);
    EXPECT_EQ(c.take_output(), to_hex("82 0F 00 01 00 00 03 'a/b' 01 00 03 'c/#' 02"));
    EXPECT_EQ(c.client.unacknowledged(), 0U); // counts messages only
    EXPECT_EQ(c.publish(q1).packet_id, 2);    // one space of identifiers
    c.receive("90 05 00 01 00 01 87");
    EXPECT_EQ(c.take_events(), "connected; subscribed 1 granted qos 1 not authorized");
    const std::string_view names[] = {"a/b"};
    c.take_output();
    EXPECT_EQ(c.client.unsubscribe(names, c.now, c.out).packet_id, 3);
    EXPECT_EQ(c.take_output(), to_hex("A2 08 00 03 00 00 03 'a/b'"));
    EXPECT_EQ(c.receive("B0 04 00 03 00 11").error, std::error_code{});
    EXPECT_EQ(c.take_events(), "");
}

TEST(subscribe, rejects_invalid_filters) {
    session_fixture c(options_of(v5));
    const subscription good[] = {{"a"}};
    EXPECT_EQ(c.client.subscribe(good, c.now, c.out).error, errc::not_connected);
    c.connect();
    const subscription bad[] = {{"a"}, {"a#"}};
    const std::string_view bad_names[] = {""};
    EXPECT_EQ(c.client.subscribe(bad, c.now, c.out).error, errc::invalid_argument);
    EXPECT_EQ(c.client.subscribe({}, c.now, c.out).error, errc::invalid_argument);
    EXPECT_EQ(c.client.unsubscribe(bad_names, c.now, c.out).error, errc::invalid_argument);
    EXPECT_EQ(c.take_output(), "");
}

TEST(subscribe, unexpected_acknowledgements_end_the_session) {
    for (const auto* answer : {"90 05 00 01 00 00 00", "90 04 00 02 00 00", "B0 04 00 01 00 00"}) {
        session_fixture c(options_of(v5));
        c.connect();
        const subscription one[] = {{"a"}};
        ASSERT_FALSE(c.client.subscribe(one, c.now, c.out).error);
        EXPECT_EQ(c.receive(answer).error, errc::protocol_error) << answer;
    }
}
