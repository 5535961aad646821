// Default protocol: golden topics and payloads, invalid input, and the vehicles' built-in contract on its other side.
#include "vehicle_messages.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

using namespace loadsim;
using namespace loadsim::backend;
using loadsim::contract::message_contract;

namespace {

constexpr std::string_view car = "LZ9SMEV05TF000001";
const std::string hostile = "a\"b\\c\n\r\t\b\f\x01\x1f\x7f/ \xc3\xa4 {vin} }}";

contract::template_values values_of(const response& r) {
    return {.vin = car,
            .request_id = r.id,
            .code = r.code,
            .seq = r.seq,
            .claimed_vin = r.vin,
            .now_us = r.ts_ms * 1000 + 999,
            .sent_us = r.sent_us};
}

} // namespace

// Golden names, never computed: the platform under test is configured with them.
TEST(default_protocol, topics_have_the_documented_names) {
    EXPECT_EQ(command_topic(car, "horn"), "v1/LZ9SMEV05TF000001/cmd/horn");
    EXPECT_EQ(response_topic(car, "r-1"), "v1/LZ9SMEV05TF000001/rsp/r-1");
    EXPECT_EQ(response_filter(), "v1/+/rsp/+");
    EXPECT_EQ(event_topic(car), "v1/LZ9SMEV05TF000001/evt");
    EXPECT_EQ(presence_topic(car), "v1/LZ9SMEV05TF000001/state");
    EXPECT_EQ(presence_filter(), "v1/+/state");
}

TEST(vin_of, returns_the_vin_level_of_a_topic) {
    for (const auto& topic :
         {command_topic(car, "horn"), response_topic(car, "r-1"), event_topic(car), presence_topic(car)}) {
        const auto vin = vin_of(topic);
        ASSERT_TRUE(vin) << topic;
        EXPECT_EQ(*vin, car);
        EXPECT_EQ(vin->data(), topic.data() + 3) << "a view into the topic";
    }
}

TEST(vin_of, rejects_topics_of_other_contracts) {
    const std::pair<std::string_view, const char*> rows[] = {
        {"", "empty"},
        {"v1", "no levels"},
        {"v1/", "no vin"},
        {"v1/X", "nothing after the vin"},
        {"v1/X/", "an empty branch"},
        {"v1//evt", "an empty vin"},
        {"v2/X/evt", "another version"},
        {"/v1/X/evt", "a leading level"},
        {"v1/X/evt/more", "levels after the event"},
        {"v1/X/events", "another word"},
        {"v1/X/state/", "a trailing slash"},
        {"v1/X/cmd", "a command without a service"},
        {"v1/X/cmd/", "an empty service"},
        {"v1/X/cmd/horn/now", "one level too many"},
        {"v1/X/rsp/", "an empty request"},
        {"v1/X/tlm/drive", "telemetry is not of the contract yet"},
        {"v1/+/evt", "a filter"},
        {"v1/X/cmd/#", "a filter"},
        {"$SYS/broker/uptime", "the broker's own"},
    };
    for (const auto& [topic, why] : rows) EXPECT_EQ(vin_of(topic), std::nullopt) << why;
}

TEST(default_protocol, payloads_are_serialized_as_documented) {
    EXPECT_EQ(to_json(command{"r-1", "horn", 1700000000123}), R"({"id":"r-1","service":"horn","ts":1700000000123})");
    EXPECT_EQ(to_json(event{"r-1", "horn", "failed", "timeout", 17}),
              R"({"id":"r-1","service":"horn","state":"failed","reason":"timeout","ts":17})");
    EXPECT_EQ(to_json(command{"\"", "\n", -1}), R"({"id":"\"","service":"\n","ts":-1})");
    const auto parsed = boost::json::parse(to_json(command{hostile, hostile, 1})); // independent parser
    EXPECT_EQ(parsed.at("id").as_string(), hostile);
    EXPECT_EQ(parsed.at("service").as_string(), hostile);
    EXPECT_EQ(read_event(to_json(event{hostile, hostile, hostile, hostile, 1}))->reason, hostile);
}

TEST(default_protocol, optional_fields_of_responses_and_presence_keep_their_defaults) {
    const auto response = read_response(R"( {"more":{"x":[1,2]},"phase":"ack","seq":null,"id":"r","extra":null} )");
    ASSERT_TRUE(response);
    EXPECT_TRUE(response->ok);
    EXPECT_EQ(response->seq, 0);
    EXPECT_EQ(response->code + response->vin, "");
    EXPECT_EQ(read_presence(R"({"state":"offline","wake":null,"since":5})")->wake, "");
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

TEST(default_protocol, invalid_input_is_rejected) {
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
}

TEST(default_protocol, have_a_size_limit) {
    const std::string frame = R"({"id":"r","phase":"ack","pad":""})";
    const auto padded = [&](std::size_t size) {
        return R"({"id":"r","phase":"ack","pad":")" + std::string(size - frame.size(), 'x') + R"("})";
    };
    EXPECT_TRUE(read_response(padded(contract::payload_limit)));
    EXPECT_FALSE(read_response(padded(contract::payload_limit + 1)));
}

TEST(default_protocol, have_a_depth_limit) {
    const auto nested = [](std::size_t depth) {
        return R"({"id":"r","phase":"ack","deep":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
    };
    EXPECT_TRUE(read_response(nested(10)));
    EXPECT_FALSE(read_response(nested(30'000)));
    EXPECT_FALSE(read_response(std::string(60'000, '[')));
    EXPECT_FALSE(read_response(R"({"id":"r","phase":"ack","deep":)" + std::string(60'000, '{')));
}

// The built-in contract of the vehicles and observers is the other side of this protocol.

TEST(default_protocol, built_in_contract_composes_the_same_commands) {
    for (const auto& id : {std::string("r-1"), hostile}) {
        const command c{id, "horn \"1\"", 1'700'000'000'123};
        contract::outgoing_message out;
        ASSERT_TRUE(message_contract::built_in().compose_command(
            {.vin = car, .request_id = c.id, .service = c.service, .now_us = c.ts_ms * 1000 + 999}, out));
        EXPECT_EQ(out.payload, to_json(c));
        EXPECT_EQ(out.topic, command_topic(car, c.service));
        EXPECT_FALSE(out.retain);
        EXPECT_FALSE(out.qos);
        EXPECT_EQ(out.response_topic + out.correlation + out.content_type, "");
        EXPECT_TRUE(out.user_properties.empty());
        EXPECT_EQ(out.expiry_s, 0U);
        const auto parsed = read_command(out.payload);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->id, c.id);
        EXPECT_EQ(parsed->service, c.service);
    }
    EXPECT_EQ(message_contract::built_in().command_filter({.vin = car}), command_topic(car, "#"));
}

TEST(default_protocol, built_in_contract_composes_the_same_responses) {
    constexpr std::pair<phase, bool> kinds[] = {
        {phase::ack, true}, {phase::running, true}, {phase::final, true}, {phase::final, false}};
    constexpr std::optional<outcome> outcomes[] = {std::nullopt, std::nullopt, outcome::executed, outcome::failed};
    for (std::size_t i = 0; i < std::size(kinds); ++i)
        for (const std::int64_t seq : {0, 17})
            for (const auto* claimed : {"", "LZ9SMEV05TF000002"})
                for (const auto& code : {std::string(), std::string("door_open"), hostile})
                    for (const std::int64_t ts : {0, 1'700'000'000, -1}) {
                        const response r{"r-1", kinds[i].first, kinds[i].second, code, ts, 42, seq, claimed};
                        contract::outgoing_message out;
                        ASSERT_TRUE(message_contract::built_in().compose(static_cast<contract::response_kind>(i),
                                                                         values_of(r), out));
                        EXPECT_EQ(out.topic, response_topic(car, r.id));
                        const auto read = read_response(out.payload);
                        ASSERT_TRUE(read) << out.payload;
                        EXPECT_EQ(read->id, r.id);
                        EXPECT_EQ(read->phase, r.phase);
                        EXPECT_EQ(read->ok, r.ok);
                        EXPECT_EQ(read->code, r.code);
                        EXPECT_EQ(read->ts_ms, r.ts_ms);
                        EXPECT_EQ(read->sent_us, r.sent_us);
                        EXPECT_EQ(read->seq, r.seq);
                        EXPECT_EQ(read->vin, r.vin);

                        const auto extracted = message_contract::built_in().response_mapping().extract(
                            {.topic = out.topic, .payload = out.payload}, nullptr);
                        ASSERT_TRUE(extracted);
                        EXPECT_EQ(extracted->request_id, r.id);
                        EXPECT_EQ(extracted->vin, car);
                        EXPECT_EQ(extracted->reason, r.code);
                        EXPECT_EQ(extracted->sequence, static_cast<std::uint64_t>(seq));
                        EXPECT_EQ(extracted->final_outcome, outcomes[i]);
                    }
    EXPECT_EQ(message_contract::built_in().options().responses_filter, response_filter());
    EXPECT_EQ(to_json(response{"r-1", phase::final, false, "door_open", -1, 42, 7, "X"}),
              R"({"id":"r-1","phase":"final","ok":false,"code":"door_open","ts":-1,"sent":42,"seq":7,"vin":"X"})");
    EXPECT_EQ(to_json(response{"r-1", phase::running, true, "", 17, 42}),
              R"({"id":"r-1","phase":"running","ok":true,"code":"","ts":17,"sent":42})");
}

TEST(default_protocol, built_in_contract_composes_the_same_presence) {
    for (const presence& p :
         {presence{"online"}, presence{"offline"}, presence{"asleep", "udp"}, presence{"asleep", "s\"s"}}) {
        contract::outgoing_message out;
        ASSERT_TRUE(message_contract::built_in().compose_presence({.vin = car, .state = p.state, .wake = p.wake}, out));
        const auto read = read_presence(out.payload);
        ASSERT_TRUE(read) << out.payload;
        EXPECT_EQ(read->state, p.state);
        EXPECT_EQ(read->wake, p.wake);
        EXPECT_EQ(out.topic, presence_topic(car));
        EXPECT_TRUE(out.retain);
    }
}

TEST(default_protocol, default_event_mapping_extracts_its_events) {
    const auto made = contract::event_mapping::compile(contract::default_event_mapping(), "e");
    ASSERT_TRUE(made);
    for (const event& e : {event{"r", "horn", "executed", "", 1}, event{"r", "horn", "failed", "timeout", 1},
                           event{"r", "horn", "failed", "door_open", 1}, event{"r", "horn", "failed", "", 1},
                           event{"r", "horn", "pending", "", 1}}) {
        const auto text = to_json(e);
        const auto extracted = made->extract({.topic = event_topic(car), .payload = text}, nullptr);
        ASSERT_TRUE(extracted);
        EXPECT_EQ(extracted->final_outcome, outcome_of(e)) << text;
        EXPECT_EQ(extracted->vin, car);
        EXPECT_EQ(extracted->reason, e.reason);
    }
}
