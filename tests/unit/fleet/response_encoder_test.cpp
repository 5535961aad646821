// Response encoder: a golden payload for each kind of response and each intended error.
#include "response_encoder.hpp"

#include <loadsim/backend/default_protocol.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using vehicle::response_step;

namespace {

constexpr std::string_view vin = "LZ9SMEV00TF000001";

fleet::response_context full_context() {
    fleet::response_context context;
    context.vin = vin;
    context.request = "r7";
    context.previous_request = "r6";
    context.foreign_request = "r5";
    context.foreign_vin = "LZ9SMEV02TF000002";
    context.wall_us = 1'700'000'000'000'000;
    context.sent_us = 42;
    context.seq = 3;
    return context;
}

contract::outgoing_message
encode(const response_step& response, const fleet::response_context& context,
       const contract::message_contract& message_contract = contract::message_contract::built_in()) {
    contract::outgoing_message message;
    EXPECT_TRUE(fleet::encode_response(message_contract, response, context, message));
    return message;
}
contract::message_contract compiled(const contract::options& o, const contract::scenario_symbols& names = {}) {
    auto made = contract::message_contract::compile(o, names);
    EXPECT_TRUE(made) << to_string(made.error());
    return std::move(*made);
}

response_step of(response_step::kind what) {
    response_step w;
    w.type = what;
    if (what == response_step::kind::failed) w.code = "door_open";
    return w;
}
response_step about(response_step::correlation which) {
    auto w = of(response_step::kind::executed);
    w.request = which;
    return w;
}
response_step corrupted(response_step::corruption corruption) {
    auto w = of(response_step::kind::failed);
    w.payload = corruption;
    return w;
}

TEST(response_encoder, golden_responses) {
    struct row {
        const char* why;
        response_step said;
        std::string id; ///< in the topic
        std::string payload;
    };
    auto foreign = of(response_step::kind::failed);
    foreign.foreign_vin = true;
    const std::vector<row> table{
        {"acknowledgement", of(response_step::kind::ack), "r7",
         R"({"id":"r7","phase":"ack","ok":true,"code":"","ts":1700000000000,"sent":42,"seq":3})"},
        {"progress", of(response_step::kind::running), "r7",
         R"({"id":"r7","phase":"running","ok":true,"code":"","ts":1700000000000,"sent":42,"seq":3})"},
        {"success", of(response_step::kind::executed), "r7",
         R"({"id":"r7","phase":"final","ok":true,"code":"","ts":1700000000000,"sent":42,"seq":3})"},
        {"failure", of(response_step::kind::failed), "r7",
         R"({"id":"r7","phase":"final","ok":false,"code":"door_open","ts":1700000000000,"sent":42,"seq":3})"},
        {"its request before", about(response_step::correlation::previous), "r6",
         R"({"id":"r6","phase":"final","ok":true,"code":"","ts":1700000000000,"sent":42,"seq":3})"},
        {"another vehicle's request", about(response_step::correlation::other), "r5",
         R"({"id":"r5","phase":"final","ok":true,"code":"","ts":1700000000000,"sent":42,"seq":3})"},
        {"a request that nobody made", about(response_step::correlation::unknown), "no-request-of-LZ9SMEV00TF000001-3",
         R"({"id":"no-request-of-LZ9SMEV00TF000001-3","phase":"final","ok":true,"code":"","ts":1700000000000,)"
         R"("sent":42,"seq":3})"},
        {"another vehicle's VIN", foreign, "r7",
         R"({"id":"r7","phase":"final","ok":false,"code":"door_open","ts":1700000000000,"sent":42,"seq":3,)"
         R"("vin":"LZ9SMEV02TF000002"})"},
        {"cut off in the middle", corrupted(response_step::corruption::malformed), "r7",
         R"({"id":"r7","phase":"final","ok":false,"code":"d)"},
        {"no bytes", corrupted(response_step::corruption::empty), "r7", ""},
    };
    for (const auto& r : table) {
        SCOPED_TRACE(r.why);
        const auto u = encode(r.said, full_context());
        EXPECT_EQ(u.topic, "v1/" + std::string(vin) + "/rsp/" + r.id);
        EXPECT_EQ(u.payload, r.payload);
        EXPECT_EQ(backend::read_response(u.payload).has_value(), r.said.payload == response_step::corruption::none);
    }
}

TEST(response_encoder, oversized_is_above_the_limit_and_otherwise_valid) {
    const auto u = encode(corrupted(response_step::corruption::oversized), full_context());
    EXPECT_GT(u.payload.size(), contract::payload_limit);
    EXPECT_LT(u.payload.size(), contract::payload_limit + 200);
    EXPECT_TRUE(u.payload.starts_with(R"({"id":"r7","phase":"final","ok":false,"code":"xxx)"));
    EXPECT_TRUE(u.payload.ends_with(R"(xxx","ts":1700000000000,"sent":42,"seq":3})"));
    EXPECT_FALSE(backend::read_response(u.payload).has_value()) << "a correct platform does not read it";
}

TEST(response_encoder, without_another_request_the_id_is_made_up) {
    auto context = full_context();
    context.previous_request = context.foreign_request = {};
    for (const auto which : {response_step::correlation::previous, response_step::correlation::other}) {
        const auto read = backend::read_response(encode(about(which), context).payload);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->id, "no-request-of-" + std::string(vin) + "-3");
    }
}

TEST(response_encoder, wrong_clock_affects_the_system_time_only) {
    for (const auto ahead : {nanoseconds{5min}, nanoseconds{-3min}}) {
        auto context = full_context();
        context.clock_offset = ahead;
        const auto read = backend::read_response(encode(of(response_step::kind::ack), context).payload);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->ts_ms, context.wall_us / 1000 + ahead / 1ms);
        EXPECT_EQ(read->sent_us, context.sent_us);
    }
}

// MQTT 5.0, 4.10: the command names the response topic; a response to another request uses that request's topic.
TEST(response_encoder, uses_the_response_topic_of_the_command) {
    auto context = full_context();
    context.response_topic = "v1/somewhere/rsp/else";
    EXPECT_EQ(encode(of(response_step::kind::ack), context).topic, "v1/somewhere/rsp/else");
    EXPECT_EQ(encode(about(response_step::correlation::other), context).topic, "v1/" + std::string(vin) + "/rsp/r5");
}

// Custom contracts.

contract::message_options message(std::string topic, std::string payload) {
    return {.topic = std::move(topic), .payload = {.text = std::move(payload)}};
}

TEST(response_encoder, custom_contract_uses_values_of_the_command) {
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
    const contract::scenario_symbols names{.data = {"plate"}, .segment = {"region"}, .captured = {}};
    const auto message_contract = compiled(o, names);
    ASSERT_EQ(message_contract.command_pointers(), std::vector<std::string>{"/meta/corr"});

    const std::vector<std::string> row{"B-XY 1"}, region{"eu"}, grade{"21"}, pointers{"77"};
    auto context = full_context();
    context.values.index = 4;
    context.values.segment = "city";
    context.values.service = "climate";
    context.values.data = row;
    context.values.segment_variables = region;
    context.values.parameters = grade;
    context.values.command = pointers;
    const auto u = encode(of(response_step::kind::executed), context, message_contract);
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

TEST(response_encoder, contract_topic_overrides_the_response_topic_if_configured) {
    contract::options o;
    o.ack = message("mine/{request.id}", R"({"id":"{request.id}"})");
    auto context = full_context();
    context.response_topic = "theirs";
    EXPECT_EQ(encode(of(response_step::kind::ack), context, compiled(o)).topic, "theirs");
    o.use_response_topic = false;
    EXPECT_EQ(encode(of(response_step::kind::ack), context, compiled(o)).topic, "mine/r7");
}

TEST(response_encoder, correlation_data_is_echoed_unless_the_contract_sets_it) {
    auto context = full_context();
    context.correlation = "c1";
    EXPECT_EQ(encode(of(response_step::kind::ack), context).correlation, "c1");
    contract::options o;
    o.ack.correlation_data = "own-{seq}";
    EXPECT_EQ(encode(of(response_step::kind::ack), context, compiled(o)).correlation, "own-3");
}

TEST(response_encoder, corruption_works_in_any_contract) {
    contract::options o;
    o.failed = message("out/{vin}", R"({"car":"{vin}","id":"{request.id}"})");
    const auto message_contract = compiled(o);
    const auto& limit = contract::payload_limit;
    const auto oversized = encode(corrupted(response_step::corruption::oversized), full_context(), message_contract);
    EXPECT_GT(oversized.payload.size(), limit) << "it does not say why";
    EXPECT_EQ(encode(corrupted(response_step::corruption::malformed), full_context(), message_contract).payload,
              R"({"car":"LZ9SMEV00T)");
    EXPECT_EQ(encode(corrupted(response_step::corruption::empty), full_context(), message_contract).payload, "");
    auto foreign = of(response_step::kind::failed);
    foreign.foreign_vin = true;
    const auto u = encode(foreign, full_context(), message_contract);
    EXPECT_EQ(u.topic, "out/" + std::string(vin)) << "on its own topic";
    EXPECT_EQ(u.payload, R"({"car":"LZ9SMEV02TF000002","id":"r7"})") << "there is no place to claim it";
}

TEST(response_encoder, payload_that_cannot_be_encoded_is_reported) {
    contract::options o;
    o.ack.payload = {.text = "{request.id}", .format = contract::payload_options::payload_format::hex};
    const auto message_contract = compiled(o);
    contract::outgoing_message message;
    EXPECT_FALSE(fleet::encode_response(message_contract, of(response_step::kind::ack), full_context(), message))
        << "r7 is no hex";
    auto context = full_context();
    context.request = "c0ffee";
    ASSERT_TRUE(fleet::encode_response(message_contract, of(response_step::kind::ack), context, message));
    EXPECT_EQ(message.payload, "\xc0\xff\xee");
}

TEST(response_encoder, random_values_depend_on_seed_vehicle_and_sequence) {
    contract::options o;
    o.ack = message("t", "{random:uuid}");
    const auto message_contract = compiled(o);
    const auto says = [&](std::uint64_t seed, std::uint32_t car, std::int64_t seq) {
        auto context = full_context();
        context.seed = seed;
        context.values.index = car;
        context.seq = seq;
        return encode(of(response_step::kind::ack), context, message_contract).payload;
    };
    EXPECT_EQ(says(1, 1, 1), says(1, 1, 1));
    EXPECT_NE(says(1, 1, 1), says(2, 1, 1));
    EXPECT_NE(says(1, 1, 1), says(1, 2, 1));
    EXPECT_NE(says(1, 1, 1), says(1, 1, 2));
}

} // namespace
