// Keep alive and the CONNACK timeout.
#include "session_fixture.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::mqtt;

namespace {
session_options every(std::chrono::seconds keep_alive) { return {.keep_alive = keep_alive}; }
} // namespace

TEST(keep_alive, pings_when_nothing_was_sent_for_it) { // 3.1.2.10
    session_fixture c(every(60s));
    EXPECT_EQ(c.client.next_deadline(), never);
    c.connect();
    EXPECT_EQ(c.client.next_deadline(), c.now + 55s);
    EXPECT_EQ(c.advance(55s - 1ns), std::error_code{});
    EXPECT_EQ(c.take_output(), "");
    EXPECT_EQ(c.advance(1ns), std::error_code{});
    EXPECT_EQ(c.take_output(), "C0 00");
    EXPECT_EQ(c.client.next_deadline(), c.now + 10s); // PINGRESP timeout
    EXPECT_EQ(c.advance(1s), std::error_code{});
    EXPECT_EQ(c.take_output(), ""); // one ping is enough
    c.receive("D0 00");
    EXPECT_EQ(c.client.next_deadline(), c.now + 54s);
}

TEST(keep_alive, is_kept_by_a_timer_that_fires_late) {
    struct {
        std::chrono::seconds keep_alive;
        nanoseconds late;
        const char* why;
    } const rows[] = {
        {1s, 200ms, "a shard that is busy"},
        {3s, 700ms, "a quarter"},
        {60s, 4900ms, "a generator that stalls"},
        {18h, 4900ms, "at most five seconds"},
    };
    for (const auto& r : rows) {
        session_fixture c(every(r.keep_alive));
        c.connect();
        auto last_sent = c.now;
        for (int i = 0; i < 3; ++i) {
            c.now = c.client.next_deadline();
            EXPECT_EQ(c.advance(r.late), std::error_code{});
            EXPECT_EQ(c.take_output(), "C0 00") << r.why;
            EXPECT_LT(c.now - last_sent, r.keep_alive) << r.why;
            EXPECT_GE(c.now - last_sent, r.keep_alive * 3 / 4) << "no more pings than necessary";
            last_sent = c.now;
            const auto armed = c.client.next_deadline(); // of PINGRESP
            c.receive("D0 00");
            EXPECT_GE(c.client.next_deadline(), armed) << "the timer armed for PINGRESP is early enough";
        }
    }
}

TEST(keep_alive, is_reset_by_sent_packets_only) {
    session_fixture c(every(60s));
    c.connect();
    const auto start = c.now;
    c.now += 10s;
    c.receive("30 04 00 01 't' 00");
    EXPECT_EQ(c.client.next_deadline(), start + 55s);
    c.publish(qos::at_most_once);
    EXPECT_EQ(c.client.next_deadline(), c.now + 55s);
    c.now += 10s;
    c.receive("32 06 00 01 't' 00 01 00"); // PUBACK goes out
    EXPECT_EQ(c.client.next_deadline(), c.now + 55s);
    c.now += 10s;
    c.receive("34 06 00 01 't' 00 01 00");
    EXPECT_EQ(c.client.next_deadline(), c.now + 55s);
    c.now += 10s;
    c.receive("62 02 00 01");
    EXPECT_EQ(c.client.next_deadline(), c.now + 55s);
    c.now += 10s;
    const subscription one[] = {{"a"}};
    ASSERT_FALSE(c.client.subscribe(one, c.now, c.out).error);
    EXPECT_EQ(c.client.next_deadline(), c.now + 55s);
}

TEST(keep_alive, a_missing_pingresp_ends_the_session) {
    session_fixture c(every(60s));
    c.connect();
    ASSERT_EQ(c.advance(55s), std::error_code{});
    c.take_output();
    c.publish(qos::at_most_once); // sending does not put it off
    c.take_output();
    EXPECT_EQ(c.advance(10s - 1ns), std::error_code{});
    EXPECT_EQ(c.advance(1ns), errc::keep_alive_timeout);
    EXPECT_EQ(c.take_output(), ""); // no DISCONNECT: the will is wanted
    EXPECT_EQ(c.client.next_deadline(), never);
    c.lose_transport().connect(); // the ping of the old connection is forgotten
    EXPECT_EQ(c.client.next_deadline(), c.now + 55s);
}

TEST(keep_alive, a_short_one_limits_the_pingresp_timeout) {
    session_fixture c(every(3s));
    c.connect();
    ASSERT_EQ(c.advance(2250ms), std::error_code{});
    EXPECT_EQ(c.advance(2250ms), errc::keep_alive_timeout);
}

TEST(keep_alive, zero_is_off) {
    session_fixture c(every(0s));
    c.connect();
    EXPECT_EQ(c.client.next_deadline(), never);
    EXPECT_EQ(c.advance(24h), std::error_code{});
    EXPECT_EQ(c.take_output(), "");
}

TEST(keep_alive, the_servers_value_applies) { // MQTT-3.2.2-21
    session_fixture c(every(60s));
    c.connect("20 06 00 00 03 13 00 05");
    EXPECT_EQ(c.limits.keep_alive, 5s);
    EXPECT_EQ(c.client.next_deadline(), c.now + 3750ms);
    c.lose_transport().connect(); // for that connection only
    EXPECT_EQ(c.client.next_deadline(), c.now + 55s);
    session_fixture off(every(60s));
    off.connect("20 06 00 00 03 13 00 00");
    EXPECT_EQ(off.client.next_deadline(), never);
}

TEST(connack_timeout, ends_the_session) {
    session_fixture c(every(0s));
    c.open();
    EXPECT_EQ(c.client.next_deadline(), c.now + 20s);
    EXPECT_EQ(c.advance(20s - 1ns), std::error_code{});
    EXPECT_EQ(c.advance(1ns), errc::connack_timeout);
    EXPECT_EQ(c.take_output(), "");
    EXPECT_EQ(c.client.state(), session::phase::closed);
}

TEST(connack_timeout, a_keep_alive_that_passes_meanwhile_makes_the_ping_due_at_connack) {
    session_fixture c(every(5s));
    c.open();
    const auto sent = c.now;
    EXPECT_EQ(c.client.next_deadline(), sent + 20s);
    EXPECT_EQ(c.advance(8s), std::error_code{});
    c.receive("20 03 00 00 00");
    EXPECT_EQ(c.client.next_deadline(), sent + 3750ms) << "counted from CONNECT";
    EXPECT_EQ(c.advance(0s), std::error_code{});
    EXPECT_EQ(c.take_output(), "C0 00");
}
