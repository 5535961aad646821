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
    who.wall_us = 1'700'000'000'000'000;
    who.sent_us = 42;
    who.seq = 3;
    return who;
}

contract::composed utter(const word& w, const fleet::speaker& who,
                         const contract::terms& terms = contract::terms::of_our_own()) {
    contract::composed said;
    EXPECT_TRUE(fleet::utter(terms, w, who, said));
    return said;
}
contract::terms compiled(const contract::options& o, const contract::known_names& names = {}) {
    auto made = contract::terms::compile(o, names);
    EXPECT_TRUE(made) << to_string(made.error());
    return std::move(*made);
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
        EXPECT_EQ(read->ts_ms, who.wall_us / 1000 + ahead / 1ms);
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

// Somebody else's contract.

contract::message_options message(std::string topic, std::string payload) {
    return {.topic = std::move(topic), .payload = {.text = std::move(payload)}};
}

TEST(speech, foreign_contract_is_spoken_with_what_the_command_said) {
    contract::options o;
    o.command.parameters = {{"grade", "/args/grade"}};
    o.executed = message("cars/{index}/{segment}/out",
                         R"({"corr":{command:/meta/corr},"car":"{vin}","did":"{service}","at":"{parameter.grade}",)"
                         R"("where":"{segment.region}","plate":"{data.plate}","as":"{phase}"})");
    o.executed.qos = 2;
    o.executed.retain = true;
    o.executed.content_type = "application/json";
    o.executed.response_topic = "back/{vin}";
    o.executed.expiry = 30s;
    o.executed.user_properties = {{"req", "{request.id}"}};
    const contract::known_names names{.data = {"plate"}, .segment = {"region"}, .captured = {}};
    const auto terms = compiled(o, names);
    ASSERT_EQ(terms.command_pointers(), std::vector<std::string>{"/meta/corr"});

    const std::vector<std::string> row{"B-XY 1"}, region{"eu"}, grade{"21"}, pointers{"77"};
    auto who = somebody();
    who.known.index = 4;
    who.known.segment = "city";
    who.known.service = "climate";
    who.known.data = row;
    who.known.segment_variables = region;
    who.known.parameters = grade;
    who.known.command = pointers;
    const auto u = utter(of(word::kind::executed), who, terms);
    EXPECT_EQ(u.topic, "cars/4/city/out");
    EXPECT_EQ(u.payload, R"({"corr":77,"car":"LZ9SMEV00TF000001","did":"climate","at":"21","where":"eu",)"
                         R"("plate":"B-XY 1","as":"executed"})");
    EXPECT_EQ(u.qos, 2);
    EXPECT_TRUE(u.retain);
    EXPECT_EQ(u.content_type, "application/json");
    EXPECT_EQ(u.response_topic, "back/LZ9SMEV00TF000001");
    EXPECT_EQ(u.expiry_s, 30U);
    EXPECT_EQ(u.user_properties, (std::vector<std::pair<std::string, std::string>>{{"req", "r7"}}));
}

TEST(speech, topic_of_the_contracts_own_wins_over_the_response_topic_where_it_says_so) {
    contract::options o;
    o.ack = message("mine/{request.id}", R"({"id":"{request.id}"})");
    auto who = somebody();
    who.response_topic = "theirs";
    EXPECT_EQ(utter(of(word::kind::ack), who, compiled(o)).topic, "theirs");
    o.answers_as_asked = false;
    EXPECT_EQ(utter(of(word::kind::ack), who, compiled(o)).topic, "mine/r7");
}

TEST(speech, correlation_is_handed_back_unless_the_contract_has_its_own) {
    auto who = somebody();
    who.correlation = "c1";
    EXPECT_EQ(utter(of(word::kind::ack), who).correlation, "c1");
    contract::options o;
    o.ack.correlation_data = "own-{seq}";
    EXPECT_EQ(utter(of(word::kind::ack), who, compiled(o)).correlation, "own-3");
}

TEST(speech, what_goes_wrong_does_so_in_any_contract) {
    contract::options o;
    o.failed = message("out/{vin}", R"({"car":"{vin}","id":"{request.id}"})");
    const auto terms = compiled(o);
    const auto& limit = contract::payload_limit;
    const auto oversized = utter(formed(word::form::oversized), somebody(), terms);
    EXPECT_GT(oversized.payload.size(), limit) << "it does not say why";
    EXPECT_EQ(utter(formed(word::form::malformed), somebody(), terms).payload, R"({"car":"LZ9SMEV00T)");
    EXPECT_EQ(utter(formed(word::form::empty), somebody(), terms).payload, "");
    auto foreign = of(word::kind::failed);
    foreign.foreign_vin = true;
    const auto u = utter(foreign, somebody(), terms);
    EXPECT_EQ(u.topic, "out/" + std::string(vin)) << "on its own topic";
    EXPECT_EQ(u.payload, R"({"car":"LZ9SMEV02TF000002","id":"r7"})") << "there is no place to claim it";
}

TEST(speech, payload_that_cannot_be_made_is_told) {
    contract::options o;
    o.ack.payload = {.text = "{request.id}", .as = contract::payload_options::form::hex};
    const auto terms = compiled(o);
    contract::composed said;
    EXPECT_FALSE(fleet::utter(terms, of(word::kind::ack), somebody(), said)) << "r7 is no hex";
    auto who = somebody();
    who.request = "c0ffee";
    ASSERT_TRUE(fleet::utter(terms, of(word::kind::ack), who, said));
    EXPECT_EQ(said.payload, "\xc0\xff\xee");
}

TEST(speech, chance_follows_seed_vehicle_and_word) {
    contract::options o;
    o.ack = message("t", "{random:uuid}");
    const auto terms = compiled(o);
    const auto says = [&](std::uint64_t seed, std::uint32_t car, std::int64_t seq) {
        auto who = somebody();
        who.seed = seed;
        who.known.index = car;
        who.seq = seq;
        return utter(of(word::kind::ack), who, terms).payload;
    };
    EXPECT_EQ(says(1, 1, 1), says(1, 1, 1));
    EXPECT_NE(says(1, 1, 1), says(2, 1, 1));
    EXPECT_NE(says(1, 1, 1), says(1, 2, 1));
    EXPECT_NE(says(1, 1, 1), says(1, 1, 2));
}

} // namespace
