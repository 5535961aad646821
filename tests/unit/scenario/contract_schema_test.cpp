#include "schema/composite_types.hpp"
#include "schema/contract_keys.hpp"
#include "yaml.hpp"

#include <loadsim/contract/message_contract.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::scenario;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using form = contract::payload_options::payload_format;

namespace {

struct contract_read_result {
    contract::options options;
    std::string problems; ///< "path: text", one per line
};

/// Reads into existing options; returns the problems.
template <class Kind, class T>
std::string read_into(const Kind& kind, std::string_view yaml, T& out) {
    read_context r;
    const auto root = parse_yaml(yaml, 0, r);
    if (root) kind.read(r, *root, out);
    std::string problems;
    for (const auto& f : r.located_problems()) problems += f.path + ": " + f.text + "\n";
    return problems;
}

contract_read_result read(std::string_view yaml) {
    contract_read_result made;
    made.problems = read_into(value_types::contract{}, yaml, made.options);
    return made;
}

contract::options good(std::string_view yaml) {
    auto made = read(yaml);
    EXPECT_EQ(made.problems, "") << yaml;
    return made.options;
}

std::string payload_of(const contract::payload_options& p) {
    return std::to_string(static_cast<int>(p.format)) + p.text;
}

constexpr std::string_view full_contract = R"(
request:
  method: PUT
  path: /cars/{vin}/orders
  headers: {X-Id: "{random:uuid}", Accept: text/plain}
  body: {json: '{"op":"{service}"}'}
  accepted: [200, 202]
  rejected: [423]
  id: header:Location
  parameters: {temperature: /temp}
command:
  topic: cars/{vin}/in
  payload: {hex: "00{data.code}"}
  qos: 2
  responseTopic: cars/{vin}/out
  correlationData: "{request.id}"
  contentType: application/octet-stream
  expiry: 30s
  userProperties: {a: "{vin}", b: ""}
  filter: cars/{vin}/in
  id: /ref
  service: topic[2]
  parameters: {temperature: /args/temp}
ack: {topic: "cars/{vin}/out", payload: 'ACK {request.id}'}
running: {payload: {base64: "{parameter.temperature}"}}
executed: {payload: {text: '[done]'}, retain: true}
failed: {payload: {file: answer.bin}, qos: 0}
responses:
  filter: cars/+/out
  vin: topic[1]
  id: correlation
  state: payload
  reason: ''
  sequence: property:n
  ends: {executed: [DONE, OK*], failed: ERR*, timed_out: []}
presence: {topic: "cars/{vin}/life", retain: false}
)";

} // namespace

TEST(contract_schema, reads_every_key) {
    const auto o = good(full_contract);
    EXPECT_EQ(o.request.method, "PUT");
    EXPECT_EQ(o.request.path, "/cars/{vin}/orders");
    EXPECT_THAT(o.request.headers, ElementsAre(Pair("X-Id", "{random:uuid}"), Pair("Accept", "text/plain")));
    EXPECT_EQ(payload_of(o.request.body), payload_of({.text = R"({"op":"{service}"})", .format = form::json}));
    EXPECT_THAT(o.request.accepted, ElementsAre(200, 202));
    EXPECT_THAT(o.request.rejected, ElementsAre(423));
    EXPECT_EQ(o.request.id, "header:Location");
    EXPECT_THAT(o.request.parameters, ElementsAre(Pair("temperature", "/temp")));
    const auto& sent = o.command.message;
    EXPECT_EQ(sent.topic, "cars/{vin}/in");
    EXPECT_EQ(payload_of(sent.payload), payload_of({.text = "00{data.code}", .format = form::hex}));
    EXPECT_EQ(sent.qos, 2);
    EXPECT_EQ(sent.response_topic, "cars/{vin}/out");
    EXPECT_EQ(sent.correlation_data, "{request.id}");
    EXPECT_EQ(sent.content_type, "application/octet-stream");
    EXPECT_EQ(sent.expiry, std::chrono::seconds{30});
    EXPECT_THAT(sent.user_properties, ElementsAre(Pair("a", "{vin}"), Pair("b", "")));
    EXPECT_EQ(o.command.filter, "cars/{vin}/in");
    EXPECT_EQ(o.command.id, "/ref");
    EXPECT_EQ(o.command.service, "topic[2]");
    EXPECT_THAT(o.command.parameters, ElementsAre(Pair("temperature", "/args/temp")));
    EXPECT_EQ(payload_of(o.ack.payload), payload_of({.text = "ACK {request.id}", .format = form::text}));
    EXPECT_EQ(o.running.topic, contract::options{}.running.topic) << "what is not said stays";
    EXPECT_EQ(o.running.payload.format, form::base64);
    EXPECT_EQ(payload_of(o.executed.payload), payload_of({.text = "[done]", .format = form::plain}));
    EXPECT_TRUE(o.executed.retain);
    EXPECT_EQ(payload_of(o.failed.payload), payload_of({.text = "answer.bin", .format = form::file}));
    EXPECT_EQ(o.failed.qos, 0);
    EXPECT_FALSE(o.ack.qos);
    EXPECT_FALSE(o.use_response_topic) << "ack names a topic";
    EXPECT_EQ(o.responses_filter, "cars/+/out");
    EXPECT_EQ(o.responses.vin, "topic[1]");
    EXPECT_EQ(o.responses.id, "correlation");
    EXPECT_THAT(o.responses.state, ElementsAre("payload"));
    EXPECT_EQ(o.responses.reason, "");
    EXPECT_EQ(o.responses.sequence, "property:n");
    ASSERT_EQ(o.responses.outcomes.size(), 3U);
    EXPECT_THAT(o.responses.outcomes[0], Pair(outcome::executed, ElementsAre("DONE", "OK*")));
    EXPECT_THAT(o.responses.outcomes[1], Pair(outcome::failed, ElementsAre("ERR*")));
    EXPECT_THAT(o.responses.outcomes[2], Pair(outcome::timed_out, ElementsAre()));
    EXPECT_EQ(o.presence.topic, "cars/{vin}/life");
    EXPECT_FALSE(o.presence.retain);
}

TEST(contract_schema, writes_what_it_reads) {
    for (const std::string_view yaml :
         {std::string_view("{}"), full_contract, std::string_view("{useResponseTopic: false}"),
          std::string_view("{useResponseTopic: true, ack: {topic: t}}"),
          std::string_view("{ack: none, running: none, presence: none}"),
          std::string_view("{responses: {state: [/a, /b, 'topic[1]']}}"),
          std::string_view("{ack: {payload: \"{\\\"a\\\": \\\"\\\\n\\\"}\", userProperties: {}}}")}) {
        const auto o = good(yaml);
        const auto written = to_yaml(value_types::contract{}.write(o));
        EXPECT_EQ(good(written), o) << yaml << "\n" << written;
    }
    EXPECT_TRUE(good("{presence: none}").presence.none);
    EXPECT_EQ(good("{}"), contract::options{}) << "nothing said is loadsim's own";
}

TEST(contract_schema, writes_every_key) {
    const auto written = to_yaml(value_types::contract{}.write(contract::options{}));
    for (const auto* key :
         {"request:",        "method:",  "path:",          "headers:",         "body:",        "accepted:",
          "rejected:",       "command:", "filter:",        "service:",         "parameters:",  "topic:",
          "payload:",        "retain:",  "responseTopic:", "correlationData:", "contentType:", "expiry:",
          "userProperties:", "ack:",     "running:",       "executed:",        "failed:",      "useResponseTopic:",
          "responses:",      "state:",   "reason:",        "sequence:",        "ends:",        "presence:"})
        EXPECT_THAT(written, HasSubstr(key));
}

TEST(contract_schema, uses_the_response_topic_unless_a_response_has_its_own_topic) {
    EXPECT_TRUE(good("{}").use_response_topic);
    EXPECT_TRUE(good("{ack: {payload: x}, presence: {topic: x}, command: {topic: x}}").use_response_topic);
    for (const std::string response : {"ack", "running", "executed", "failed"})
        EXPECT_FALSE(good("{" + response + ": {topic: x}}").use_response_topic) << response;
    EXPECT_TRUE(good("{ack: {topic: x}, useResponseTopic: true}").use_response_topic) << "what is said counts";
    EXPECT_FALSE(good("{useResponseTopic: false}").use_response_topic);
}

TEST(contract_schema, refuses_with_path_and_remedy) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"{acks: {}}", "unknown key 'acks'"},
        {"{ack: {topics: x}}", "unknown key 'topics'"},
        {"{ack: text}", "ack: a map of keys belongs here"},
        {"{executed: none}", "executed: a map of keys belongs here"},
        {"{ack: {qos: 3}}", "ack.qos: unknown value '3'"},
        {"{ack: {payload: {jsn: x}}}", "ack.payload: unknown payload 'jsn'; did you mean 'json'?"},
        {"{ack: {payload: {json: x, hex: y}}}",
         "ack.payload: a payload is exactly one of json, text, hex, base64, file"},
        {"{ack: {payload: [x]}}", "ack.payload: a payload, such as a text or {hex: 01ff}, belongs here"},
        {"{command: {id: ref}}", "command.id: 'ref' is no field path: did you mean the pointer '/ref'?"},
        {"{responses: {state: [/a, b]}}", "responses.state[1]: 'b' is no field path"},
        {"{responses: {state: []}}", ""},
        {"{responses: {ends: {rejected: x}}}",
         "responses.ends.rejected: unknown end 'rejected'; there are: executed, failed, timed_out"},
        {"{responses: {ends: {executd: x}}}", "did you mean 'executed'?"},
        {"{responses: {ends: done}}", "responses.ends: a map of outcomes"},
        {"{responses: {ends: {failed: {a: b}}}}", "responses.ends.failed: a list of states belongs here"},
        {"{request: {accepted: [99]}}", "request.accepted[0]: 99 is not between 100 and 599"},
        {"{request: {headers: [x]}}", "request.headers: a map of names to texts belongs here"},
        {"{request: {headers: {X: [x]}}}", "request.headers.X: a text belongs here"},
        {"{command: {expiry: 1.5s}}", "command.expiry: '1.5s' must be whole seconds"},
        {"{telemetry: {topic: x}}", "'telemetry' belongs to the fleet since 0.2: fleet.telemetry is a list of groups"},
        {"{ack: {vss: [a]}}", "unknown key 'vss'"},
    };
    for (const auto& [yaml, why] : cases) EXPECT_THAT(read(yaml).problems, HasSubstr(std::string(why))) << yaml;
}

TEST(contract_schema, reads_the_event_mapping_of_an_observer) {
    auto o = contract::default_event_mapping();
    EXPECT_EQ(read_into(value_types::object<contract::event_mapping_options>{},
                        "{state: /status, ends: {executed: DONE}}", o),
              "");
    EXPECT_EQ(o.id, "/id");
    EXPECT_THAT(o.state, ElementsAre("/status"));
    ASSERT_EQ(o.outcomes.size(), 1U) << "those that are given replace the others";
    auto back = contract::event_mapping_options{};
    EXPECT_EQ(read_into(value_types::object<contract::event_mapping_options>{},
                        to_yaml(value_types::object<contract::event_mapping_options>{}.write(o)), back),
              "");
    EXPECT_EQ(back, o);
}

TEST(contract_schema, has_a_schema_with_every_key) {
    const auto schema = boost::json::serialize(value_types::contract{}.schema());
    for (const auto* key :
         {"request",        "method",  "path",          "headers",         "body",        "accepted",
          "rejected",       "command", "filter",        "service",         "parameters",  "topic",
          "payload",        "retain",  "responseTopic", "correlationData", "contentType", "expiry",
          "userProperties", "ack",     "running",       "executed",        "failed",      "useResponseTopic",
          "responses",      "state",   "reason",        "sequence",        "ends",        "presence",
          "timed_out",      "json",    "hex",           "base64",          "file"})
        EXPECT_THAT(schema, HasSubstr("\"" + std::string(key) + "\":")) << key;
}

TEST(contract_schema, compiles_to_a_message_contract) {
    auto o = good(full_contract);
    o.failed.payload = {.text = "x", .format = form::plain};
    EXPECT_TRUE(contract::message_contract::compile(o, {.data = {"code"}}))
        << to_string(contract::message_contract::compile(o, {.data = {"code"}}).error());
}
