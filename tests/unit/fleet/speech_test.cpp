// Words as bytes: a golden payload for each thing that a vehicle can say, and for each that it can get wrong.
#include "speech.hpp"

#include <loadsim/contract/payloads.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using vehicle::word;

namespace {

constexpr std::string_view vin = "LZ9SMEV00TF000001";

fleet::speaker somebody() {
    fleet::speaker who;
    who.vin = vin;
    who.request = "r7";
    who.previous = "r6";
    who.other = "r5";
    who.other_vin = "LZ9SMEV02TF000002";
    who.wall_ms = 1'700'000'000'000;
    who.sent_us = 42;
    who.seq = 3;
    return who;
}

word of(word::kind what) {
    word w;
    w.what = what;
    if (what == word::kind::failed) w.code = "door_open";
    return w;
}
word about(word::about whom) {
    auto w = of(word::kind::executed);
    w.request = whom;
    return w;
}
word formed(word::form how) {
    auto w = of(word::kind::failed);
    w.payload = how;
    return w;
}

TEST(speech, golden_words) {
    struct row {
        const char* why;
        word said;
        std::string id; ///< in the topic
        std::string payload;
    };
    auto foreign = of(word::kind::failed);
    foreign.foreign_vin = true;
    const std::vector<row> table{
        {"acknowledgement", of(word::kind::ack), "r7",
         R"({"id":"r7","phase":"ack","ok":true,"code":"","ts":1700000000000,"sent":42,"seq":3})"},
        {"progress", of(word::kind::running), "r7",
         R"({"id":"r7","phase":"running","ok":true,"code":"","ts":1700000000000,"sent":42,"seq":3})"},
        {"success", of(word::kind::executed), "r7",
         R"({"id":"r7","phase":"final","ok":true,"code":"","ts":1700000000000,"sent":42,"seq":3})"},
        {"failure", of(word::kind::failed), "r7",
         R"({"id":"r7","phase":"final","ok":false,"code":"door_open","ts":1700000000000,"sent":42,"seq":3})"},
        {"its request before", about(word::about::previous), "r6",
         R"({"id":"r6","phase":"final","ok":true,"code":"","ts":1700000000000,"sent":42,"seq":3})"},
        {"another vehicle's request", about(word::about::other), "r5",
         R"({"id":"r5","phase":"final","ok":true,"code":"","ts":1700000000000,"sent":42,"seq":3})"},
        {"a request that nobody made", about(word::about::unknown), "no-request-of-LZ9SMEV00TF000001-3",
         R"({"id":"no-request-of-LZ9SMEV00TF000001-3","phase":"final","ok":true,"code":"","ts":1700000000000,)"
         R"("sent":42,"seq":3})"},
        {"another vehicle's VIN", foreign, "r7",
         R"({"id":"r7","phase":"final","ok":false,"code":"door_open","ts":1700000000000,"sent":42,"seq":3,)"
         R"("vin":"LZ9SMEV02TF000002"})"},
        {"cut off in the middle", formed(word::form::malformed), "r7",
         R"({"id":"r7","phase":"final","ok":false,"code":"d)"},
        {"no bytes", formed(word::form::empty), "r7", ""},
    };
    for (const auto& r : table) {
        SCOPED_TRACE(r.why);
        const auto u = utter(r.said, somebody());
        EXPECT_EQ(u.topic, "v1/" + std::string(vin) + "/rsp/" + r.id);
        EXPECT_EQ(u.payload, r.payload);
        EXPECT_EQ(contract::read_response(u.payload).has_value(), r.said.payload == word::form::plain);
    }
}

TEST(speech, oversized_is_above_the_limit_and_otherwise_right) {
    const auto u = utter(formed(word::form::oversized), somebody());
    EXPECT_GT(u.payload.size(), contract::payload_limit);
    EXPECT_LT(u.payload.size(), contract::payload_limit + 200);
    EXPECT_TRUE(u.payload.starts_with(R"({"id":"r7","phase":"final","ok":false,"code":"xxx)"));
    EXPECT_TRUE(u.payload.ends_with(R"(xxx","ts":1700000000000,"sent":42,"seq":3})"));
    EXPECT_FALSE(contract::read_response(u.payload).has_value()) << "a correct platform does not read it";
}

TEST(speech, who_knows_of_no_other_request_makes_one_up) {
    auto who = somebody();
    who.previous = who.other = {};
    for (const auto whom : {word::about::previous, word::about::other}) {
        const auto read = contract::read_response(utter(about(whom), who).payload);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->id, "no-request-of-" + std::string(vin) + "-3");
    }
}

TEST(speech, wrong_clock_is_in_the_time_of_day_alone) {
    for (const auto ahead : {nanoseconds{5min}, nanoseconds{-3min}}) {
        auto who = somebody();
        who.clock = ahead;
        const auto read = contract::read_response(utter(of(word::kind::ack), who).payload);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->ts_ms, who.wall_ms + ahead / 1ms);
        EXPECT_EQ(read->sent_us, who.sent_us);
    }
}

// MQTT 5.0, 4.10: the platform says where it wants the answer; what is about something else goes where that would.
TEST(speech, answers_where_the_platform_asked_to) {
    auto who = somebody();
    who.response_topic = "v1/somewhere/rsp/else";
    EXPECT_EQ(utter(of(word::kind::ack), who).topic, "v1/somewhere/rsp/else");
    EXPECT_EQ(utter(about(word::about::other), who).topic, "v1/" + std::string(vin) + "/rsp/r5");
}

} // namespace
