// Keep alive and the wait for CONNACK.
#include "conversation.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::mqtt;

namespace {
session_options every(std::chrono::seconds keep_alive) { return {.keep_alive = keep_alive}; }
} // namespace

TEST(keep_alive, pings_when_nothing_was_sent_for_it) { // 3.1.2.10
    conversation c(every(60s));
    EXPECT_EQ(c.car.next_deadline(), never);
    c.connect();
    EXPECT_EQ(c.car.next_deadline(), c.now + 60s);
    EXPECT_EQ(c.wait(60s - 1ns), std::error_code{});
    EXPECT_EQ(c.said(), "");
    EXPECT_EQ(c.wait(1ns), std::error_code{});
    EXPECT_EQ(c.said(), "C0 00");
    EXPECT_EQ(c.car.next_deadline(), c.now + 10s); // for the answer
    EXPECT_EQ(c.wait(1s), std::error_code{});
    EXPECT_EQ(c.said(), ""); // one ping is enough
    c.tell("D0 00");
    EXPECT_EQ(c.car.next_deadline(), c.now + 59s);
}

TEST(keep_alive, whatever_is_sent_counts_and_what_is_received_does_not) {
    conversation c(every(60s));
    c.connect();
    const auto start = c.now;
    c.now += 10s;
    c.tell("30 04 00 01 't' 00");
    EXPECT_EQ(c.car.next_deadline(), start + 60s);
    c.publish(qos::at_most_once);
    EXPECT_EQ(c.car.next_deadline(), c.now + 60s);
    c.now += 10s;
    c.tell("32 06 00 01 't' 00 01 00"); // PUBACK goes out
    EXPECT_EQ(c.car.next_deadline(), c.now + 60s);
    c.now += 10s;
    c.tell("34 06 00 01 't' 00 01 00");
    EXPECT_EQ(c.car.next_deadline(), c.now + 60s);
    c.now += 10s;
    c.tell("62 02 00 01");
    EXPECT_EQ(c.car.next_deadline(), c.now + 60s);
    c.now += 10s;
    const subscription one[] = {{"a"}};
    ASSERT_FALSE(c.car.subscribe(one, c.now, c.out).error);
    EXPECT_EQ(c.car.next_deadline(), c.now + 60s);
}

TEST(keep_alive, a_missing_answer_ends_the_session) {
    conversation c(every(60s));
    c.connect();
    ASSERT_EQ(c.wait(60s), std::error_code{});
    c.said();
    c.publish(qos::at_most_once); // sending does not put it off
    c.said();
    EXPECT_EQ(c.wait(10s - 1ns), std::error_code{});
    EXPECT_EQ(c.wait(1ns), errc::keep_alive_timeout);
    EXPECT_EQ(c.said(), ""); // nobody listens, and the will is wanted
    EXPECT_EQ(c.car.next_deadline(), never);
    c.lose().connect(); // the ping of the old connection is forgotten
    EXPECT_EQ(c.car.next_deadline(), c.now + 60s);
}

TEST(keep_alive, a_short_one_bounds_the_wait_for_the_answer) {
    conversation c(every(3s));
    c.connect();
    ASSERT_EQ(c.wait(3s), std::error_code{});
    EXPECT_EQ(c.wait(3s), errc::keep_alive_timeout);
}

TEST(keep_alive, zero_is_off) {
    conversation c(every(0s));
    c.connect();
    EXPECT_EQ(c.car.next_deadline(), never);
    EXPECT_EQ(c.wait(24h), std::error_code{});
    EXPECT_EQ(c.said(), "");
}

TEST(keep_alive, the_servers_wins) { // MQTT-3.2.2-21
    conversation c(every(60s));
    c.connect("20 06 00 00 03 13 00 05");
    EXPECT_EQ(c.limits.keep_alive, 5s);
    EXPECT_EQ(c.car.next_deadline(), c.now + 5s);
    c.lose().connect(); // and holds for that connection only
    EXPECT_EQ(c.car.next_deadline(), c.now + 60s);
    conversation off(every(60s));
    off.connect("20 06 00 00 03 13 00 00");
    EXPECT_EQ(off.car.next_deadline(), never);
}

TEST(connack_wait, ends) {
    conversation c(every(0s));
    c.open();
    EXPECT_EQ(c.car.next_deadline(), c.now + 20s);
    EXPECT_EQ(c.wait(20s - 1ns), std::error_code{});
    EXPECT_EQ(c.wait(1ns), errc::connack_timeout);
    EXPECT_EQ(c.said(), "");
    EXPECT_EQ(c.car.state(), session::phase::closed);
}

TEST(connack_wait, a_timer_armed_at_open_is_early_enough_for_a_short_keep_alive) {
    conversation c(every(5s));
    c.open();
    const auto armed = c.car.next_deadline();
    EXPECT_LE(armed, c.now + 5s);
    c.tell("20 03 00 00 00");
    EXPECT_GE(c.car.next_deadline(), armed);
}

TEST(connack_wait, an_early_timer_moves_on) { // or its owner would spin
    conversation c(every(5s));
    c.open();
    for (int i = 0; i < 4; ++i) {
        c.now = c.car.next_deadline();
        const auto error = c.car.on_timer(c.now, c.out);
        EXPECT_EQ(c.said(), "");
        if (error) {
            EXPECT_EQ(error, errc::connack_timeout);
            EXPECT_EQ(i, 3);
            return;
        }
        EXPECT_GT(c.car.next_deadline(), c.now);
    }
    FAIL() << "no end after 20 s";
}
