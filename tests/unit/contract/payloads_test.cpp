#include <loadsim/contract/payloads.hpp>

#include <boost/json.hpp>
#include <gtest/gtest.h>

using namespace loadsim::contract;

namespace {
using phase = enum response::phase_kind;
}

TEST(payloads, are_serialized_as_documented) {
    EXPECT_EQ(to_json(command{"r-1", "horn", 1700000000123}), R"({"id":"r-1","service":"horn","ts":1700000000123})");
    EXPECT_EQ(to_json(response{"r-1", phase::ack, true, "", 17, 42}),
              R"({"id":"r-1","phase":"ack","ok":true,"code":"","ts":17,"sent":42})");
    EXPECT_EQ(to_json(response{"r-1", phase::running, true, "", 17, 42}),
              R"({"id":"r-1","phase":"running","ok":true,"code":"","ts":17,"sent":42})");
    EXPECT_EQ(to_json(response{"r-1", phase::final, false, "door_open", -1, 42}),
              R"({"id":"r-1","phase":"final","ok":false,"code":"door_open","ts":-1,"sent":42})");
    EXPECT_EQ(to_json(event{"r-1", "horn", "failed", "timeout", 17}),
              R"({"id":"r-1","service":"horn","state":"failed","reason":"timeout","ts":17})");
}

TEST(payloads, sequence_and_vin_of_a_response_are_optional) {
    response with_sequence{"r-1", phase::ack, true, "", 17, 42};
    with_sequence.seq = 7;
    EXPECT_EQ(to_json(with_sequence), R"({"id":"r-1","phase":"ack","ok":true,"code":"","ts":17,"sent":42,"seq":7})");
    with_sequence.vin = "LZ9SMEV05TF000001";
    const auto json = to_json(with_sequence);
    EXPECT_EQ(json,
              R"({"id":"r-1","phase":"ack","ok":true,"code":"","ts":17,"sent":42,"seq":7,"vin":"LZ9SMEV05TF000001"})");
    const auto read = read_response(json);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->seq, 7);
    EXPECT_EQ(read->vin, "LZ9SMEV05TF000001");
    const auto without_sequence = read_response(R"({"id":"r","phase":"ack"})");
    ASSERT_TRUE(without_sequence);
    EXPECT_EQ(without_sequence->seq, 0);
    EXPECT_EQ(without_sequence->vin, "");
}

TEST(payloads, serialize_and_parse_presence) {
    EXPECT_EQ(to_json(presence{"online"}), R"({"state":"online"})");
    EXPECT_EQ(to_json(presence{"asleep", "sms"}), R"({"state":"asleep","wake":"sms"})");
    const auto read = read_presence(to_json(presence{"asleep", "u\"dp"}));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->state, "asleep");
    EXPECT_EQ(read->wake, "u\"dp");
    EXPECT_EQ(read_presence(R"({"state":"offline","wake":null,"since":5})")->wake, "");
}

TEST(payloads, escape_all_strings) {
    const std::string hostile = "a\"b\\c\n\t\x01/\x7f \xc3\xa4";
    EXPECT_EQ(to_json(command{"\"", "\n", 0}), R"({"id":"\"","service":"\n","ts":0})");
    const auto json = to_json(response{hostile, phase::final, false, hostile, 0, 0});
    const auto parsed = boost::json::parse(json); // independent parser
    EXPECT_EQ(parsed.at("id").as_string(), hostile);
    EXPECT_EQ(parsed.at("code").as_string(), hostile);
    const auto read = read_response(json);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id, hostile);
    EXPECT_EQ(read_event(to_json(event{hostile, hostile, hostile, hostile, 1}))->reason, hostile);
    EXPECT_EQ(read_command(to_json(command{hostile, hostile, 1}))->service, hostile);
}

TEST(read_command, accepts_fields_in_any_order_and_ignores_unknown_fields) {
    const auto read = read_command(R"( {"more":{"x":[1,2]},"ts":5,"service":"horn","id":"r-1","extra":null} )");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id, "r-1");
    EXPECT_EQ(read->service, "horn");
    EXPECT_EQ(read->ts_ms, 5);
    const auto least = read_command(R"({"id":"r-1","service":null})");
    ASSERT_TRUE(least);
    EXPECT_EQ(least->service, "");
    EXPECT_EQ(least->ts_ms, 0);
}

TEST(read_response, parses_the_three_phases) {
    EXPECT_EQ(read_response(R"({"id":"r","phase":"ack"})")->phase, phase::ack);
    EXPECT_EQ(read_response(R"({"id":"r","phase":"running"})")->phase, phase::running);
    const auto last = read_response(R"({"id":"r","phase":"final","ok":false,"code":"door_open","ts":-7,"sent":9})");
    ASSERT_TRUE(last);
    EXPECT_EQ(last->phase, phase::final);
    EXPECT_FALSE(last->ok);
    EXPECT_EQ(last->code, "door_open");
    EXPECT_EQ(last->ts_ms, -7);
    EXPECT_EQ(last->sent_us, 9);
}

TEST(read_event, keeps_any_state_unchanged) {
    const auto read = read_event(R"({"id":"r","service":"horn","state":"failed","reason":"timeout","ts":1.7e12})");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->state, "failed");
    EXPECT_EQ(read->reason, "timeout");
    EXPECT_EQ(read->ts_ms, 1'700'000'000'000) << "a whole number, however it is written";
}

TEST(payloads, invalid_input_is_rejected) {
    const std::pair<std::string_view, const char*> responses[] = {
        {"", "empty"},
        {"nonsense", "not JSON"},
        {R"({"id":"r","phase":"ack")", "cut off"},
        {R"({"id":"r","phase":"ack"}{})", "something after it"},
        {R"(["id","r"])", "not an object"},
        {"null", "not an object"},
        {R"({"phase":"ack"})", "no id"},
        {R"({"id":"","phase":"ack"})", "an empty id"},
        {R"({"id":null,"phase":"ack"})", "a null id"},
        {R"({"id":7,"phase":"ack"})", "id of another type"},
        {R"({"id":"r"})", "no phase"},
        {R"({"id":"r","phase":"Ack"})", "an unknown phase"},
        {R"({"id":"r","phase":1})", "phase of another type"},
        {R"({"id":"r","phase":"final","ok":"false"})", "ok of another type"},
        {R"({"id":"r","phase":"final","code":5})", "code of another type"},
        {R"({"id":"r","phase":"ack","ts":"5"})", "ts of another type"},
        {R"({"id":"r","phase":"ack","ts":1.5})", "ts not whole"},
        {R"({"id":"r","phase":"ack","sent":18446744073709551615})", "sent beyond 64 bits"},
        {R"({"id":"r","phase":"ack","ts":1e300})", "ts beyond 64 bits"},
        {R"({"id":"r","phase":"ack","seq":"7"})", "seq of another type"},
        {R"({"id":"r","phase":"ack","seq":0.5})", "seq not whole"},
        {R"({"id":"r","phase":"ack","vin":17})", "vin of another type"},
        {"{\"id\":\"\xff\",\"phase\":\"ack\"}", "not UTF-8"},
    };
    for (const auto& [text, why] : responses) EXPECT_FALSE(read_response(text)) << why;
    EXPECT_FALSE(read_presence("")) << "empty: a retained one that was taken back";
    EXPECT_FALSE(read_presence(R"({"wake":"udp"})")) << "no state";
    EXPECT_FALSE(read_presence(R"({"state":"asleep","wake":1})")) << "wake of another type";
    EXPECT_FALSE(read_event(R"({"id":"r"})")) << "no state";
    EXPECT_FALSE(read_event(R"({"state":"failed"})")) << "no id";
    EXPECT_FALSE(read_event(R"({"id":"r","state":true})")) << "state of another type";
    EXPECT_FALSE(read_command(R"({"service":"horn"})")) << "no id";
    EXPECT_FALSE(read_command(R"({"id":"r","service":["horn"]})")) << "service of another type";
}

TEST(payloads, have_a_size_limit) {
    const std::string frame = R"({"id":"r","pad":""})";
    const auto padded = [&](std::size_t size) {
        return R"({"id":"r","pad":")" + std::string(size - frame.size(), 'x') + R"("})";
    };
    EXPECT_TRUE(read_command(padded(payload_limit)));
    EXPECT_FALSE(read_command(padded(payload_limit + 1)));
}

TEST(payloads, have_a_depth_limit) {
    const auto nested = [](std::size_t depth) {
        return R"({"id":"r","deep":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
    };
    EXPECT_TRUE(read_command(nested(10)));
    EXPECT_FALSE(read_command(nested(30'000)));
    EXPECT_FALSE(read_command(std::string(60'000, '[')));
    EXPECT_FALSE(read_command(R"({"id":"r","deep":)" + std::string(60'000, '{')));
}
