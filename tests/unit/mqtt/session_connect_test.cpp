// CONNECT, CONNACK, DISCONNECT.
#include "session_fixture.hpp"
#include "short_names.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::mqtt;
using phase = session::phase;

TEST(connect, contains_the_options_3_1_1) {
    session_fixture c({.protocol = v3, .keep_alive = 10s, .clean_start = false});
    c.client.open({.client_id = "car",
                   .user = "user",
                   .password = "secret",
                   .last_will = will{"w/ca", "gone", qos::at_least_once, true}},
                  c.now, c.out);
    EXPECT_EQ(c.take_output(),
              to_hex("10 29 00 04 'MQTT' 04 EC 00 0A 00 03 'car' 00 04 'w/ca' 00 04 'gone' 00 04 'user' 00 06 "
                     "'secret'"));
    EXPECT_EQ(c.client.state(), phase::connecting);
}

TEST(connect, contains_the_options_5_0) {
    session_fixture c({.protocol = v5,
                       .keep_alive = 10s,
                       .session_expiry = 258s,
                       .receive_maximum = 20,
                       .maximum_packet_size = 4096});
    c.client.open({.client_id = "car", .last_will = will{"w", "", qos::at_most_once, false, 30}}, c.now, c.out);
    EXPECT_EQ(c.take_output(),
              to_hex("10 28 00 04 'MQTT' 05 06 00 0A 0D 11 00 00 01 02 21 00 14 27 00 00 10 00 00 03 'car' "
                     "05 18 00 00 00 1E 00 01 'w' 00 00"));
}

TEST(connect, defaults_are_left_out) {
    session_fixture c({.keep_alive = 0s});
    c.client.open({.client_id = ""}, c.now, c.out);
    EXPECT_EQ(c.take_output(), to_hex("10 0D 00 04 'MQTT' 05 02 00 00 00 00 00"));
}

TEST(connect, a_password_alone_gets_an_empty_user_in_3_1_1) { // MQTT-3.1.2-22
    session_fixture c({.protocol = v3, .keep_alive = 0s});
    c.client.open({.client_id = "", .password = "p"}, c.now, c.out);
    EXPECT_EQ(c.take_output(), to_hex("10 11 00 04 'MQTT' 04 C2 00 00 00 00 00 00 00 01 'p'"));
}

TEST(connect, an_identity_that_cannot_be_sent_stays_closed) {
    const std::string long_text(65'536, 'x');
    for (const auto& who : {identity{.client_id = "\xFF"}, identity{.client_id = long_text},
                            identity{.client_id = "a", .last_will = will{"a/#", ""}}}) {
        session_fixture c(options_of(v5));
        c.client.open(who, c.now, c.out);
        EXPECT_TRUE(c.out.empty());
        EXPECT_EQ(c.client.state(), phase::closed);
    }
}

TEST(connack, connects_and_fills_in_defaults) {
    session_fixture c(options_of(v5));
    c.connect();
    EXPECT_EQ(c.take_events(), "connected");
    EXPECT_EQ(c.client.state(), phase::connected);
    EXPECT_EQ(c.limits.receive_maximum, 65'535);
    EXPECT_EQ(c.limits.maximum_qos, qos::exactly_once);
    EXPECT_EQ(c.limits.keep_alive, 60s);
    EXPECT_TRUE(c.limits.retain_available);
    EXPECT_EQ(c.take_output(), "");
}

TEST(connack, limits_are_the_servers) { // 3.2.2.3
    session_fixture c(options_of(v5));
    c.connect("20 1B 00 00 18 21 00 02 24 00 25 00 27 00 00 00 20 13 00 05 12 00 03 'srv' 22 00 05");
    EXPECT_EQ(c.error, std::error_code{});
    EXPECT_EQ(c.take_events(), "connected");
    EXPECT_EQ(c.limits.receive_maximum, 2);
    EXPECT_EQ(c.limits.maximum_qos, qos::at_most_once);
    EXPECT_FALSE(c.limits.retain_available);
    EXPECT_EQ(c.limits.maximum_packet_size, 32U);
    EXPECT_EQ(c.limits.keep_alive, 5s);

    EXPECT_EQ(c.publish(qos::at_least_once).error, errc::refused_by_capability);
    EXPECT_EQ(c.client.publish({.topic = "t", .payload = "", .retain = true}, c.now, c.out).error,
              errc::refused_by_capability);
    EXPECT_EQ(c.publish(qos::at_most_once, std::string(27, 'x')).error, errc::refused_by_capability); // 33 bytes
    const subscription long_filter[] = {{"a/filter/of/more/than/twenty-five"}};
    EXPECT_EQ(c.client.subscribe(long_filter, c.now, c.out).error, errc::refused_by_capability);
    EXPECT_EQ(c.take_output(), "");
    EXPECT_EQ(c.publish(qos::at_most_once, std::string(26, 'x')).error, std::error_code{}); // 32 bytes
    EXPECT_EQ(c.out.size(), 32U);
}

TEST(connack, limits_on_subscriptions_client_id_and_session_are_reported) { // 3.2.2.3
    session_fixture c(kept_v5());
    std::string assigned;
    c.in_on_connected = [&](session&) { assigned = c.limits.assigned_client_id; };
    c.connect("20 17 00 00 14 11 00 00 00 0A 12 00 03 'srv' 22 00 05 28 00 29 00 2A 00");
    EXPECT_EQ(c.error, std::error_code{});
    EXPECT_EQ(assigned, "srv");
    EXPECT_EQ(c.limits.session_expiry, 10s) << "3600 were asked for";
    EXPECT_EQ(c.limits.topic_alias_maximum, 5);
    EXPECT_FALSE(c.limits.wildcard_subscriptions);
    EXPECT_FALSE(c.limits.subscription_identifiers);
    EXPECT_FALSE(c.limits.shared_subscriptions);
    session_fixture plain(kept_v5());
    plain.connect();
    EXPECT_EQ(plain.limits.session_expiry, 3600s) << "not said: what was asked for";
    EXPECT_EQ(plain.limits.topic_alias_maximum, 0);
    EXPECT_TRUE(plain.limits.wildcard_subscriptions);
    EXPECT_TRUE(plain.limits.shared_subscriptions);
    EXPECT_EQ(plain.limits.assigned_client_id, "");
}

TEST(connack, session_that_the_server_keeps_for_no_time_is_not_resumed) {
    session_fixture c(kept_v5());
    c.connect("20 08 00 00 05 11 00 00 00 00");
    EXPECT_EQ(c.limits.session_expiry, 0s);
    c.publish(qos::at_least_once);
    c.lose_transport();
    EXPECT_EQ(c.client.unacknowledged(), 0U);
}

TEST(connack, unsupported_filters) {
    server_limits all;
    server_limits none{.wildcard_subscriptions = false, .shared_subscriptions = false};
    for (const auto* filter : {"a/b", "a/+", "#", "$share/g/a"})
        EXPECT_EQ(subscription_refusal(all, filter), reason::success);
    EXPECT_EQ(subscription_refusal(none, "a/b"), reason::success);
    EXPECT_EQ(subscription_refusal(none, "a/+/b"), reason::wildcard_subscriptions_not_supported);
    EXPECT_EQ(subscription_refusal(none, "a/#"), reason::wildcard_subscriptions_not_supported);
    EXPECT_EQ(subscription_refusal(none, "$share/g/a"), reason::shared_subscriptions_not_supported);
}

TEST(connack, a_refusal_names_its_reason) {
    session_fixture old(options_of(v3));
    old.connect("20 02 00 05");
    EXPECT_EQ(old.error, errc::connect_refused);
    EXPECT_EQ(old.client.last_reason(), reason::not_authorized);
    EXPECT_EQ(old.take_output(), "");
    EXPECT_EQ(old.client.state(), phase::closed);

    session_fixture c(options_of(v5));
    c.connect("20 03 00 89 00");
    EXPECT_EQ(c.error, errc::connect_refused);
    EXPECT_EQ(c.client.last_reason(), reason::server_busy);
    EXPECT_EQ(c.take_events(), "");
}

TEST(connack, of_a_3_1_1_server_is_unsupported_protocol_version) {
    session_fixture c(options_of(v5));
    c.connect("20 02 00 01");
    EXPECT_EQ(c.error, errc::connect_refused);
    EXPECT_EQ(c.client.last_reason(), reason::unsupported_protocol_version);
    session_fixture other(options_of(v5));
    other.connect("20 02 00 05");
    EXPECT_NE(other.error, errc::connect_refused) << "nothing else has that form";
}

TEST(connack, another_server_is_named_until_the_next_open) { // 4.11
    session_fixture c(options_of(v5));
    c.connect("20 09 00 9D 06 1C 00 03 'h:1'");
    EXPECT_EQ(c.error, errc::use_another_server);
    c.lose_transport();
    EXPECT_EQ(c.client.server_reference(), "h:1");
    EXPECT_EQ(c.client.last_reason(), reason::server_moved);
    c.connect();
    EXPECT_EQ(c.client.server_reference(), "");
    EXPECT_EQ(c.client.last_reason(), reason::success);
}

struct first_packet_case {
    const char* bytes;
    version v;
    errc error;
    const char* said;
    const char* why;
};

TEST(connack, is_the_first_packet_and_the_only_one_of_its_kind) {
    const first_packet_case cases[] = {
        {"30 04 00 01 't' 00", v5, errc::protocol_error, "E0 01 82", "3.2: PUBLISH before CONNACK"},
        {"F0 02 18 00", v5, errc::protocol_error, "E0 01 82", "4.12: AUTH, and we named no method"},
        {"E0 01 8B", v5, errc::protocol_error, "E0 01 82", "3.14: DISCONNECT before CONNACK"},
        {"20 09 00 00 06 15 00 03 'abc'", v5, errc::protocol_error, "E0 01 82", "MQTT-4.12.0-6"},
        {"20 03 02 00 00", v5, errc::malformed_packet, "E0 01 81", "MQTT-3.2.2-1"},
        {"20 03 00 00 00 20 03 00 00 00", v5, errc::protocol_error, "E0 01 82", "3.2: a second CONNACK"},
        {"20 02 00 00 20 02 00 00", v3, errc::protocol_error, "", "3.1.1 has nothing to say"},
        {"D0 00", v3, errc::protocol_error, "", "3.1.1, MQTT-3.2.0-1"},
    };
    for (const auto& k : cases) {
        session_fixture c(options_of(k.v));
        c.open().receive(k.bytes);
        EXPECT_EQ(c.error, k.error) << k.why;
        EXPECT_EQ(c.take_output(), to_hex(k.said)) << k.why;
        EXPECT_EQ(c.client.state(), phase::closed) << k.why;
        EXPECT_EQ(c.client.receive(hex("D0 00"), c.now, c.out, c).error, errc::not_connected) << k.why;
    }
}

TEST(session_present, without_a_client_session_closes_and_the_next_connect_is_clean) { // MQTT-3.2.2-4
    session_fixture c(kept_v5());
    c.connect("20 03 01 00 00");
    EXPECT_EQ(c.error, errc::unexpected_session);
    EXPECT_EQ(c.take_output(), "E0 01 82");
    EXPECT_EQ(c.take_events(), "");
    c.lose_transport();
    c.client.open({.client_id = "c"}, c.now, c.out);
    EXPECT_EQ(c.take_output(), to_hex("10 13 00 04 'MQTT' 05 02 00 3C 05 11 00 00 0E 10 00 01 'c'"));
    c.receive("20 03 00 00 00").lose_transport();
    c.client.open({.client_id = "c"}, c.now, c.out); // and after that as the options say, session expected
    EXPECT_EQ(c.take_output(), to_hex("10 13 00 04 'MQTT' 05 00 00 3C 05 11 00 00 0E 10 00 01 'c'"));
    EXPECT_EQ(c.receive("20 03 01 00 00").take_events(), "connected; resumed");

    session_fixture old(options_of(v3, false)); // 3.1.1: a kept session requires clean session = 0
    old.client.open({.client_id = "c"}, old.now, old.out);
    EXPECT_EQ(old.take_output(), to_hex("10 0D 00 04 'MQTT' 04 00 00 3C 00 01 'c'"));
    EXPECT_EQ(old.receive("20 02 01 00").error, errc::stale_session);
    old.lose_transport();
    old.client.open({.client_id = "c"}, old.now, old.out);
    EXPECT_EQ(old.take_output(), to_hex("10 0D 00 04 'MQTT' 04 02 00 3C 00 01 'c'"));
    EXPECT_EQ(old.receive("20 02 00 00").error, errc::stale_session) << "a session that the server would not keep";
    EXPECT_EQ(old.take_output(), "E0 00");
    EXPECT_EQ(old.take_events(), "");
    old.lose_transport();
    old.client.open({.client_id = "c"}, old.now, old.out);
    EXPECT_EQ(old.take_output(), to_hex("10 0D 00 04 'MQTT' 04 00 00 3C 00 01 'c'"));
    EXPECT_EQ(old.receive("20 02 00 00").take_events(), "connected");
    EXPECT_EQ(old.lose_transport().connect("20 02 01 00").take_events(), "resumed") << "kept now";
}

TEST(connect, the_first_of_a_kept_session_is_clean_and_the_next_resumes_5_0) { // 3.1.2.4, 3.1.2.11.2
    const auto clean = to_hex("10 13 00 04 'MQTT' 05 02 00 3C 05 11 00 00 0E 10 00 01 'c'");
    const auto unclean = to_hex("10 13 00 04 'MQTT' 05 00 00 3C 05 11 00 00 0E 10 00 01 'c'");
    session_fixture c(kept_v5());
    const auto says = [&c] {
        c.lose_transport();
        c.client.open({.client_id = "c"}, c.now, c.out);
        return c.take_output();
    };
    EXPECT_EQ(says(), clean);
    EXPECT_EQ(says(), clean) << "without a CONNACK there is still nothing to resume";
    EXPECT_EQ(c.receive("20 03 00 00 00").take_events(), "connected");
    EXPECT_EQ(says(), unclean);
    EXPECT_EQ(says(), unclean) << "and what there is stays";
    EXPECT_EQ(c.receive("20 03 01 00 00").take_events(), "resumed");
    EXPECT_EQ(says(), unclean);
    EXPECT_EQ(c.receive("20 03 00 00 00").take_events(),
              "connected"); // the server has lost the session: a new one, kept as well
    EXPECT_EQ(says(), unclean);
    c.receive("20 08 00 00 05 11 00 00 00 00"); // the server's expiry is 0: gone with the connection
    EXPECT_EQ(says(), clean);
}

TEST(connect, the_first_of_a_new_client_id_is_not_clean) {
    auto options = kept_v5();
    options.new_client_id = true;
    session_fixture c(options);
    c.client.open({.client_id = "c"}, c.now, c.out);
    EXPECT_EQ(c.take_output(), to_hex("10 13 00 04 'MQTT' 05 00 00 3C 05 11 00 00 0E 10 00 01 'c'"));
    EXPECT_EQ(c.receive("20 03 00 00 00").take_events(), "connected");
}

TEST(session_present, of_a_new_client_id_is_discarded_once) { // the CONNACK of an earlier connect was lost
    const auto unclean = to_hex("10 13 00 04 'MQTT' 05 00 00 3C 05 11 00 00 0E 10 00 01 'c'");
    auto options = kept_v5();
    options.new_client_id = true;
    session_fixture c(options);
    c.client.open({.client_id = "c"}, c.now, c.out);
    EXPECT_EQ(c.take_output(), unclean);
    EXPECT_EQ(c.receive("20 03 01 00 00").error, errc::stale_session);
    EXPECT_EQ(c.take_output(), "E0 01 82");
    c.lose_transport();
    c.client.open({.client_id = "c"}, c.now, c.out);
    EXPECT_EQ(c.take_output(), to_hex("10 13 00 04 'MQTT' 05 02 00 3C 05 11 00 00 0E 10 00 01 'c'"));
    EXPECT_EQ(c.receive("20 03 00 00 00").error, errc::stale_session);
    EXPECT_EQ(c.take_output(), "E0 07 00 05 11 00 00 00 00") << "ends the session, so that the next connect finds none";
    c.lose_transport();
    c.client.open({.client_id = "c"}, c.now, c.out);
    EXPECT_EQ(c.take_output(), unclean);
    EXPECT_EQ(c.receive("20 03 00 00 00").take_events(), "connected");
}

TEST(session_present, after_a_clean_start_is_wrong) { // MQTT-3.2.2-2
    session_fixture c(options_of(v5, true, 60s));
    EXPECT_EQ(c.connect("20 03 01 00 00").error, errc::unexpected_session);
    session_fixture old(options_of(v3));
    EXPECT_EQ(old.connect("20 02 01 00").error, errc::unexpected_session);
    EXPECT_EQ(old.take_output(), "");
}

TEST(session_present, is_expected_only_while_the_server_keeps_the_session) { // 3.2.2.3.2
    session_fixture c(kept_v5());
    c.connect("20 08 00 00 05 11 00 00 00 00").lose_transport(); // the server's expiry is 0: gone with the connection
    EXPECT_EQ(c.connect("20 03 01 00 00").error, errc::unexpected_session);
}

TEST(disconnect, of_the_server_is_reported) {
    session_fixture c(options_of(v5));
    c.connect().receive("E0 01 8E");
    EXPECT_EQ(c.error, errc::server_disconnected);
    EXPECT_EQ(c.client.last_reason(), reason::session_taken_over);
    EXPECT_EQ(c.take_output(), "");

    session_fixture moved(options_of(v5));
    moved.connect().receive("E0 08 9C 06 1C 00 03 'h:1'");
    EXPECT_EQ(moved.error, errc::use_another_server);
    EXPECT_EQ(moved.client.server_reference(), "h:1");
}

struct disconnect_case {
    const char* bytes;
    version v;
    errc error;
    const char* said;
    const char* why;
};

TEST(disconnect, contains_the_reason_of_the_protocol_error) { // 4.13
    const disconnect_case cases[] = {
        {"E0 00", v3, errc::protocol_error, "", "3.1.1, 3.14: the server has no DISCONNECT"},
        {"E0 07 00 05 11 00 00 00 01", v5, errc::protocol_error, "E0 01 82", "3.14.2.2.2: expiry from the server"},
        {"F0 02 18 00", v5, errc::protocol_error, "E0 01 82", "4.12: AUTH"},
        {"F0 00", v3, errc::protocol_error, "", "3.1.1, table 2.1"},
        {"C0 00", v5, errc::protocol_error, "E0 01 82", "3.12: PINGREQ comes from clients"},
        {"82 07 00 01 00 00 01 'a' 00", v5, errc::protocol_error, "E0 01 82", "3.8: so does SUBSCRIBE"},
        {"00 00", v5, errc::malformed_packet, "E0 01 81", "2.1.2: type 0"},
        {"D0 01 00", v5, errc::malformed_packet, "E0 01 81", "3.13"},
        {"36 04 00 01 't' 00", v5, errc::malformed_packet, "E0 01 81", "MQTT-3.3.1-4: QoS 3"},
        {"30 07 00 01 't' 03 23 00 01", v5, errc::protocol_error, "E0 01 94", "3.1.2.11.5: alias, none announced"},
        {"30 07 00 01 't' 03 23 00 00", v5, errc::protocol_error, "E0 01 94", "3.3.2.3.4: alias 0"},
        {"90 04 00 01 00 00", v5, errc::protocol_error, "E0 01 82", "3.9: nothing was asked"},
        {"30 80 80 80 80", v3, errc::malformed_packet, "", "2.2.3: length too long"},
    };
    for (const auto& k : cases) {
        session_fixture c(options_of(k.v));
        c.connect().receive(k.bytes);
        EXPECT_EQ(c.error, k.error) << k.why;
        EXPECT_EQ(c.take_output(), to_hex(k.said)) << k.why;
        EXPECT_EQ(c.client.state(), phase::closed) << k.why;
        EXPECT_EQ(c.take_events(), "connected") << k.why;
    }
}

TEST(packet_size, too_large_is_refused_as_soon_as_the_header_is_there) { // 3.1.2.11.4
    session_options o = options_of(v5);
    o.maximum_packet_size = 10;
    session_fixture c(o);
    c.connect().receive("30 09"); // 11 bytes
    EXPECT_EQ(c.error, errc::packet_too_large);
    EXPECT_EQ(c.take_output(), "E0 01 95");
    session_fixture fits(o);
    fits.connect().receive("30 08 00 01 't' 00 'abcd'");
    EXPECT_EQ(fits.take_events(), "connected; message t abcd q0");
}

TEST(close, sends_disconnect_once) {
    session_fixture c(options_of(v5));
    c.connect();
    c.client.close(reason::success, c.now, c.out);
    c.client.close(reason::success, c.now, c.out);
    EXPECT_EQ(c.take_output(), "E0 00");
    EXPECT_EQ(c.client.state(), phase::closed);
    c.lose_transport().connect();
    c.client.close(reason::disconnect_with_will, c.now, c.out);
    EXPECT_EQ(c.take_output(), "E0 01 04");

    session_fixture old(options_of(v3));
    old.connect();
    old.client.close(reason::disconnect_with_will, old.now, old.out);
    EXPECT_EQ(old.take_output(), ""); // 3.1.1, 3.14.4: DISCONNECT would discard the will
    old.lose_transport().connect();
    old.client.close(reason::success, old.now, old.out);
    EXPECT_EQ(old.take_output(), "E0 00");
}

TEST(close, of_a_session_discards_it_at_the_server) { // 3.14.2.2.2
    struct {
        session_options options;
        session::close_scope what;
        const char* said;
        const char* why;
    } const cases[] = {
        {kept_v5(), session::close_scope::session, "E0 07 00 05 11 00 00 00 00", "kept: expiry 0"},
        {kept_v5(), session::close_scope::connection, "E0 00", "kept on"},
        {options_of(v5, true, 60s), session::close_scope::session, "E0 07 00 05 11 00 00 00 00", "kept, if for nobody"},
        {options_of(v5), session::close_scope::session, "E0 00", "ends anyway"},
        {options_of(v3, false), session::close_scope::session, "E0 00", "3.1.1 has no properties"},
    };
    for (const auto& k : cases) {
        session_fixture c(k.options);
        c.connect();
        c.client.close(reason::success, c.now, c.out, k.what);
        EXPECT_EQ(c.take_output(), to_hex(k.said)) << k.why;
    }
}

TEST(close, of_a_session_discards_it_at_the_client) {
    session_fixture c(kept_v5());
    c.connect();
    c.publish(qos::at_least_once);
    c.client.close(reason::success, c.now, c.out, session::close_scope::session);
    c.lose_transport();
    EXPECT_EQ(c.client.unacknowledged(), 0U);
    c.client.open({.client_id = "c"}, c.now, c.out);
    EXPECT_EQ(c.take_output(), to_hex("10 13 00 04 'MQTT' 05 02 00 3C 05 11 00 00 0E 10 00 01 'c'"));
}

TEST(close, from_inside_an_event_stops_the_rest) {
    session_fixture c(options_of(v5));
    c.connect();
    c.in_on_message = [&](session& s) { s.close(reason::success, c.now, c.out); };
    const auto r = c.client.receive(hex("30 04 00 01 't' 00 30 04 00 01 'u' 00"), c.now, c.out, c);
    EXPECT_EQ(r.consumed, 6U);
    EXPECT_EQ(r.error, std::error_code{});
    EXPECT_EQ(c.take_events(), "connected; message t  q0");
}
