#include "template_fixture.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>

#include <gmock/gmock.h>

#include <array>

using namespace loadsim;
using namespace loadsim::contract;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

constexpr std::string_view vin = "LZ9SMEV05TF000001";

const std::string hostile = "a\"b\\c\n\r\t\b\f\x01\x1f\x7f/ \xc3\xa4 {vin} }}";

message_contract compiled_contract(const options& o, const scenario_symbols& scenario = {}) {
    auto made = message_contract::compile(o, scenario);
    EXPECT_TRUE(made) << problems_of(made);
    return made ? *made : message_contract::built_in();
}

std::string contract_problems(const options& o, const scenario_symbols& scenario = {}) {
    return problems_of(message_contract::compile(o, scenario));
}

message_view json(std::string_view payload) { return {.payload = payload}; }

} // namespace

TEST(message_contract, built_in_composes_commands_of_the_default_protocol) {
    for (const auto& id : {std::string("r-1"), hostile}) {
        const command c{id, "horn \"1\"", 1'700'000'000'123};
        outgoing_message out;
        ASSERT_TRUE(message_contract::built_in().compose_command(
            {.vin = vin, .request_id = c.id, .service = c.service, .now_us = c.ts_ms * 1000 + 999}, out));
        EXPECT_EQ(out.payload, to_json(c));
        EXPECT_EQ(out.topic, command_topic(vin, c.service));
        EXPECT_FALSE(out.retain);
        EXPECT_FALSE(out.qos);
        EXPECT_EQ(out.response_topic + out.correlation + out.content_type, "");
        EXPECT_TRUE(out.user_properties.empty());
        EXPECT_EQ(out.expiry_s, 0U);
    }
    EXPECT_EQ(message_contract::built_in().command_filter({.vin = vin}), command_filter(vin));
    EXPECT_EQ(message_contract::built_in().options().responses_filter, response_filter());
}

TEST(message_contract, built_in_composes_and_parses_responses_of_the_default_protocol) {
    using phase = enum response::phase_kind;
    constexpr std::array<std::pair<phase, bool>, 4> words{
        {{phase::ack, true}, {phase::running, true}, {phase::final, true}, {phase::final, false}}};
    for (std::size_t i = 0; i < words.size(); ++i)
        for (const std::int64_t seq : {0, 17})
            for (const auto* claimed : {"", "LZ9SMEV05TF000002"})
                for (const auto& code : {std::string(), std::string("door_open"), hostile})
                    for (const std::int64_t ts : {0, 1'700'000'000, -1}) {
                        const response r{"r-1", words[i].first, words[i].second, code, ts, 42, seq, claimed};
                        outgoing_message out;
                        ASSERT_TRUE(message_contract::built_in().compose(static_cast<response_kind>(i),
                                                                         {.vin = vin,
                                                                          .request_id = r.id,
                                                                          .code = r.code,
                                                                          .seq = r.seq,
                                                                          .claimed_vin = r.vin,
                                                                          .now_us = r.ts_ms * 1000,
                                                                          .sent_us = r.sent_us},
                                                                         out));
                        EXPECT_EQ(out.payload, to_json(r));
                        EXPECT_EQ(out.topic, response_topic(vin, "r-1"));

                        const auto back = message_contract::built_in().response_mapping().extract(
                            {.topic = out.topic, .payload = out.payload}, nullptr);
                        ASSERT_TRUE(back);
                        EXPECT_EQ(back->request_id, r.id);
                        EXPECT_EQ(back->vin, vin);
                        EXPECT_EQ(back->reason, r.code);
                        EXPECT_EQ(back->sequence, static_cast<std::uint64_t>(seq));
                        const std::optional<outcome> ends[] = {std::nullopt, std::nullopt, outcome::executed,
                                                               outcome::failed};
                        EXPECT_EQ(back->final_outcome, ends[i]);
                    }
}

TEST(message_contract, built_in_composes_presence_of_the_default_protocol) {
    for (const presence& p :
         {presence{"online"}, presence{"offline"}, presence{"asleep", "udp"}, presence{"asleep", "s\"s"}}) {
        outgoing_message out;
        ASSERT_TRUE(message_contract::built_in().compose_presence({.vin = vin, .state = p.state, .wake = p.wake}, out));
        EXPECT_EQ(out.payload, to_json(p));
        EXPECT_EQ(out.topic, presence_topic(vin));
        EXPECT_TRUE(out.retain);
    }
    EXPECT_FALSE(message_contract::built_in().has_telemetry());
}

TEST(message_contract, built_in_parses_events_of_the_default_protocol) {
    const auto made = event_mapping::compile(default_event_mapping(), "e");
    ASSERT_TRUE(made);
    for (const event& e : {event{"r", "horn", "executed", "", 1}, event{"r", "horn", "failed", "timeout", 1},
                           event{"r", "horn", "failed", "door_open", 1}, event{"r", "horn", "failed", "", 1},
                           event{"r", "horn", "pending", "", 1}}) {
        const auto text = to_json(e);
        const auto extracted = made->extract({.topic = event_topic(vin), .payload = text}, nullptr);
        ASSERT_TRUE(extracted);
        EXPECT_EQ(extracted->final_outcome, outcome_of(e)) << text;
        EXPECT_EQ(extracted->vin, vin);
        EXPECT_EQ(extracted->reason, e.reason);
    }
}

TEST(message_contract, built_in_parses_commands_of_the_default_protocol) {
    for (const std::string_view text :
         {R"({"id":"r-1","service":"horn","ts":1})", R"({"id":"r-1"})", R"({"id":"r-1","service":null})",
          R"({"id":"r-1","service":"","more":{"a":[1]}})", R"({"id":""})", R"({"id":null,"service":"horn"})",
          R"({"service":"horn"})", R"([])", R"("r-1")", "", "{", R"({"id":"r-1")", "{\"id\":\"\\u00e4\\\"\"}"}) {
        const auto before = contract::read_command(text);
        const auto now = message_contract::built_in().parse_command(json(text), nullptr);
        ASSERT_EQ(now.has_value(), before.has_value()) << text;
        if (!now) continue;
        EXPECT_EQ(now->id, before->id) << text;
        EXPECT_EQ(now->service, before->service) << text;
    }
    const auto number = message_contract::built_in().parse_command(json(R"({"id":17})"), nullptr);
    ASSERT_TRUE(number);
    EXPECT_EQ(number->id, "17") << "new: a number is its text";
}

TEST(message_contract, composes_and_parses_a_custom_contract) {
    options o;
    o.command.message = {.topic = "cars/{data.serial}/in",
                         .payload = {.text = R"({"ref":{request.id},"do":"{service}"})"},
                         .qos = 2,
                         .response_topic = "cars/{data.serial}/out",
                         .correlation_data = "c-{request.id}",
                         .content_type = "application/json",
                         .expiry = std::chrono::seconds{30},
                         .user_properties = {{"region", "{segment.region}"}, {"key", "{captured.token}"}}};
    o.command.filter = "cars/{data.serial}/in";
    o.command.id = "/ref";
    o.command.service = "/do";
    o.command.parameters = {{"t", "/args/temp"}, {"topic", "topic[1]"}};
    o.executed = {.topic = "out/{command:/meta/corr}",
                  .payload = {.text = R"(DONE {request.id} {parameter.t} {parameter.topic} {command:/meta/corr})"}};
    o.telemetry = telemetry_options{.message = {.topic = "t/{vin}", .payload = {.text = R"({"n":{seq}})"}}};
    const auto t = compiled_contract(o, {.data = {"serial"}, .segment = {"region"}, .captured = {"token"}});

    const std::vector<std::string> row{"s1"}, region{"eu"}, token{"t0k"};
    template_values v{.request_id = "17", .service = "lock"};
    v.data = row;
    v.segment_variables = region;
    v.captured = token;
    outgoing_message out;
    out.user_properties = {{"old", "old"}, {"old", "old"}, {"old", "old"}};
    ASSERT_TRUE(t.compose_command(v, out));
    EXPECT_EQ(out.topic, "cars/s1/in");
    EXPECT_EQ(out.payload, R"({"ref":17,"do":"lock"})");
    EXPECT_EQ(out.qos, 2);
    EXPECT_EQ(out.response_topic, "cars/s1/out");
    EXPECT_EQ(out.correlation, "c-17");
    EXPECT_EQ(out.content_type, "application/json");
    EXPECT_EQ(out.expiry_s, 30U);
    using texts = named_texts;
    EXPECT_EQ(out.user_properties, (texts{{"region", "eu"}, {"key", "t0k"}}));
    EXPECT_EQ(t.command_filter(v), "cars/s1/in");

    EXPECT_THAT(t.command_pointers(), ElementsAre("/meta/corr"));
    const auto parsed = t.parse_command(
        {.topic = "cars/s1/in", .payload = R"({"ref":17,"do":"lock","args":{"temp":21.5},"meta":{"corr":"c/1"}})"},
        nullptr);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->id, "17");
    EXPECT_EQ(parsed->service, "lock");
    EXPECT_THAT(parsed->parameters, ElementsAre("21.5", "s1"));
    EXPECT_THAT(parsed->pointer_values, ElementsAre("c/1"));

    v.parameters = parsed->parameters;
    v.command = parsed->pointer_values;
    ASSERT_TRUE(t.compose(response_kind::executed, v, out));
    EXPECT_EQ(out.topic, "out/c/1");
    EXPECT_EQ(out.payload, "DONE 17 21.5 s1 c/1");
    EXPECT_FALSE(out.qos);
    EXPECT_TRUE(out.user_properties.empty()) << "nothing is left of the message before";

    ASSERT_TRUE(t.has_telemetry());
    ASSERT_TRUE(t.compose_telemetry({.vin = "V", .seq = 4}, out));
    EXPECT_EQ(out.topic + out.payload, R"(t/V{"n":4})");
}

TEST(message_contract, composes_api_requests) {
    options o;
    o.request.path = "/v2/cars/{vin}?op={service}";
    o.request.headers = {{"X-Id", "{arrival}"}, {"Authorization", "Bearer {captured.token}"}};
    o.request.body = {.text = R"({"callback":"{webhook.url}"})"};
    o.request.id = "header:Location";
    const auto t = compiled_contract(o, {.captured = {"token"}});
    const std::vector<std::string> token{"t0k"};
    template_values v{.vin = "A B", .service = "horn", .arrival = 5, .webhook_url = "http://h/e"};
    v.captured = token;
    message_contract::request_parts parts{.path = "/base", .body = {}, .headers = {{"Host", "h"}}};
    ASSERT_TRUE(t.compose_request(v, parts));
    EXPECT_EQ(parts.path, "/base/v2/cars/A%20B?op=horn");
    EXPECT_EQ(parts.body, R"({"callback":"http://h/e"})");
    EXPECT_EQ(parts.headers, (named_texts{{"Host", "h"}, {"X-Id", "5"}, {"Authorization", "Bearer t0k"}}));
    EXPECT_EQ(t.request_id().name(), "Location");
}

TEST(message_contract, reports_payloads_that_cannot_be_composed) {
    options o;
    o.ack.payload = {.text = "{request.id}", .format = payload_options::payload_format::hex};
    const auto t = compiled_contract(o);
    outgoing_message out;
    EXPECT_FALSE(t.compose(response_kind::ack, {.request_id = "r-1"}, out));
    EXPECT_TRUE(t.compose(response_kind::ack, {.request_id = "0a"}, out));
    EXPECT_EQ(out.payload, "\n");
}

TEST(message_contract, reports_all_problems_with_their_options) {
    options o;
    o.request = {.path = "vehicles/{vim}",
                 .headers = {{"X", "{request.id}"}},
                 .body = {.text = "{\"a\":}"},
                 .accepted = {202},
                 .rejected = {202},
                 .id = "id"};
    o.command.message.topic = "v1/+/cmd";
    o.command.filter = "v1/{service}";
    o.command.id = "";
    o.command.service = "service";
    o.command.parameters = {{"t", "t"}};
    o.ack.payload.text = "{\"a\":{cod}}";
    o.running.topic = "";
    o.executed.user_properties = {{"k", "{random:20..10}"}};
    o.failed.payload = {.text = "/no/such/file", .format = payload_options::payload_format::file};
    o.presence.payload.text = "{state}{request.id}";
    o.telemetry = telemetry_options{.message = {.topic = "t/{wake}", .payload = {.text = "x{#seq}"}}};
    o.responses = {.id = "", .state = {"phase"}, .outcomes = {}};
    o.responses_filter = "";
    const auto text = contract_problems(o);
    for (const auto* sentence : {"contract.request.path: unknown variable 'vim'; did you mean 'vin'?",
                                 "contract.request.path: 'vehicles/{vim}' does not begin with '/'",
                                 "contract.request.headers.X: 'request.id' has no value here",
                                 "contract.request.body: it would be no JSON",
                                 "contract.request.rejected: 202 cannot mean accepted and rejected",
                                 "contract.request.id: 'id' is no source",
                                 "contract.command.topic: 'v1/+/cmd' is a filter",
                                 "contract.command.filter: 'service' has no value here",
                                 "contract.command.id: where does a command say",
                                 "contract.command.service: 'service' is no source",
                                 "contract.command.parameters.t: 't' is no source",
                                 "contract.ack.payload: unknown variable 'cod'; did you mean 'code'?",
                                 "contract.running.topic: a message needs a topic",
                                 "contract.executed.userProperties.k: {random:20..10}: 20 is more than 10",
                                 "contract.failed.payload: the file '/no/such/file' cannot be read",
                                 "contract.presence.payload: 'request.id' has no value here",
                                 "contract.telemetry.topic: 'wake' has no value here",
                                 "contract.telemetry.payload: {#seq} is not closed",
                                 "contract.words.id: where does a word say",
                                 "contract.words.state: 'phase' is no source",
                                 "contract.words.ends: no state is an end",
                                 "contract.words.filter: without a filter"})
        EXPECT_THAT(text, HasSubstr(sentence));
    o = {};
    o.request.accepted.clear();
    EXPECT_THAT(contract_problems(o), HasSubstr("contract.request.accepted: no status means"));
}

TEST(message_contract, provides_the_symbols_of_each_scope) {
    const scenario_symbols scenario{.data = {"user"}, .segment = {"region"}, .captured = {"token"}};
    const struct {
        template_scope where;
        std::string_view has, lacks;
    } cases[] = {
        {template_scope::identity, "{vin}{index}{segment}{segment.region}{data.user}", "{now:ms}"},
        {template_scope::identity, "", "{random:uuid}"},
        {template_scope::request,
         "{vin}{service}{arrival}{now:iso}{random:uuid}{captured.token}{webhook.url}{brokerApi.url}", "{request.id}"},
        {template_scope::poll, "{vin}{request.id}{captured.token}", "{code}"},
        {template_scope::command, "{vin}{request.id}{service}{arrival}{sent:us}", "{command:/a}"},
        {template_scope::response,
         "{vin}{request.id}{service}{code}{phase}{ok}{seq}{claimed.vin}{now:us}{sent:us}{random:1..2}{command:/"
         "a}{parameter.t}",
         "{state}"},
        {template_scope::response, "", "{arrival}"},
        {template_scope::presence, "{vin}{state}{wake}{now:s}{random:a|b}", "{seq}"},
        {template_scope::telemetry, "{vin}{seq}{now:ms}{random:uuid}{data.user}", "{parameter.t}"},
        {template_scope::hook, "{captured.token}{webhook.url}{now:ms}{random:uuid}", "{vin}"},
        {template_scope::hook, "", "{data.user}"},
    };
    const std::vector<std::string> parameter{"t"};
    std::vector<std::string> pointers;
    for (const auto& c : cases) {
        const auto names = symbols_in(c.where, scenario, parameter);
        EXPECT_EQ(problems_of(text_template::compile(c.has, names, pointers)), "") << c.has;
        EXPECT_NE(problems_of(text_template::compile(c.lacks, names, pointers)), "") << c.lacks;
    }
}

TEST(message_contract, reports_fields_of_a_command_that_never_match) {
    options o;
    o.command.id = "/ref";
    o.command.parameters = {{"t", "/t"}};
    o.ack.payload.text = R"({"c":"{command:/corr}"})";
    const auto t = compiled_contract(o);
    field_match_stats stats;
    for (std::uint32_t i = 0; i < field_match_stats::sample_size; ++i)
        (void)t.parse_command(json(R"({"id":"x"})"), &stats);
    EXPECT_THAT(
        stats.take_unmatched(),
        ElementsAre(R"(contract.command.id: '/ref' was in none of the first 20 messages; one of them: {"id":"x"})"));
    for (std::uint32_t i = 0; i < field_match_stats::sample_size; ++i)
        (void)t.parse_command(json(R"({"ref":"x"})"), &stats);
    EXPECT_THAT(stats.take_unmatched(),
                ElementsAre(HasSubstr("contract.command.service: '/service'"),
                            HasSubstr("contract.command.parameters.t: '/t'"), HasSubstr("{command:/corr}: '/corr'")));
}
