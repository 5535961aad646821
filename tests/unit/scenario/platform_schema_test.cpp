// Keys for an external platform: endpoints, auth, observers, hooks, campaigns, broker API.
#include "scenario_text.hpp"

#include <loadsim/scenario/compiled_scenario.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <variant>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace {

constexpr auto theirs = R"(
name: theirs
target:
  broker: [mqtt://a, mqtt://b:2883]
  user: us
  password: sesame
  api: [https://x/base, http://y:8080]
  tls: {ca: ca.pem}
  proxy: http://p:3128
  auth: {oauth2: {tokenUrl: https://t/token, clientId: me, clientSecret: hush, scope: cars}}
before:
  - {name: log in, path: /login, body: '{"user":"u"}', expect: [200], capture: {token: /access_token}}
  - {path: "/cars/{vin}", method: PUT, headers: {Authorization: "Bearer {captured.token}"}, forEach: vehicle}
after:
  - {path: /logout, headers: {Authorization: "Bearer {captured.token}"}}
fleet:
  mqtt: {clientId: "car-{index}", user: "{segment.region}/{vin}"}
  segments:
    - {name: eu, share: 50%, variables: {region: eu-1, plan: gold}}
    - {name: us, share: 50%, variables: {plan: free, region: us-7}}
campaigns:
  - {name: recall, at: 500ms, segments: [eu], topic: "v1/all/{segment}", filter: "v1/all/{segment}", payload: '{"id":"{request.id}"}', id: /id}
load:
  http: {retries: 2, timeout: 1s, traceparent: true}
  observers:
    - mqtt
    - webhook: {path: /hook, hmac: {header: X-Sig, key: k1, algorithm: sha512, encoding: base64, prefix: "v1="}, secret: {header: X-Key, value: k2}}
    - poll: {path: "/r/{request.id}?t={captured.token}", first: 100ms, factor: 1.5, cap: 2s}
    - poll: {first: 1s}
    - response: {state: /s, ends: {executed: OK}}
    - none: {deadline: 3s}
    - sse: {path: "/stream?t={captured.token}", event: done}
    - websocket: {path: /ws, subscribe: '{"t":"{captured.token}"}', each: /events}
  phases: [{duration: 1, arrivalRate: 1}]
)";

} // namespace

TEST(platform_schema, is_read) {
    const auto d = read_valid(theirs);
    EXPECT_FALSE(d.target.embedded);
    ASSERT_EQ(brokers_of(d.target).size(), 2U);
    EXPECT_EQ(brokers_of(d.target)[1].port, 2883);
    EXPECT_EQ(brokers_of(d.target)[1].password, "sesame") << "our own sessions may go to any of them";
    ASSERT_EQ(apis_of(d.target).size(), 2U);
    EXPECT_EQ(apis_of(d.target)[0].scheme, "https");
    EXPECT_EQ(d.target.proxy->port, 3128);
    EXPECT_EQ(d.target.auth.type, driver::auth_options::kind::oauth2);
    EXPECT_EQ(d.target.auth.oauth2.client_secret, "hush");
    ASSERT_EQ(d.before.size(), 2U);
    EXPECT_TRUE(d.before[1].for_each_vehicle);
    EXPECT_EQ(d.campaigns.at(0).at, 500ms);
    EXPECT_EQ(d.campaigns.at(0).message.payload.text, R"({"id":"{request.id}"})");
    EXPECT_EQ(d.load.http.retries, 2U);
    EXPECT_TRUE(d.load.http.traceparent);
    EXPECT_THAT(labels_of(d).observers,
                ElementsAre("mqtt", "webhook", "poll 1", "poll 2", "response", "none", "sse", "websocket"));
    EXPECT_THAT(labels_of(d).campaigns, ElementsAre("recall"));
    EXPECT_EQ(std::get<observer::poll_options>(d.load.observers[2]).factor, 1.5);
    EXPECT_EQ(std::get<observer::webhook_options>(d.load.observers[1]).hmac->prefix, "v1=");
}

TEST(platform_schema, round_trips_except_for_secrets) {
    const auto d = read_valid(theirs);
    const auto text = write(d);
    for (const auto* secret : {"sesame", "hush", "k1", "k2"}) EXPECT_THAT(text, Not(HasSubstr(secret)));
    auto again = read_valid(text);
    for (auto* one : {&*again.target.broker, &again.target.more_brokers[0]}) one->password = "sesame";
    again.target.auth.oauth2.client_secret = "hush";
    auto& hook = std::get<observer::webhook_options>(again.load.observers[1]);
    hook.hmac->key = "k1";
    hook.secret->value = "k2";
    EXPECT_TRUE(again == d);
}

TEST(platform_schema, embedded_password_is_that_of_loadsim_and_of_the_vehicles) {
    const auto open = read_valid(minimal_scenario(""));
    EXPECT_EQ(open.fleet.mqtt.user, "");
    const auto shut = read_valid(minimal_scenario("target: {embedded: {password: sesame}}"));
    EXPECT_EQ(shut.target.embedded_password, "sesame");
    EXPECT_EQ(shut.fleet.mqtt.user, "loadsim");
    EXPECT_EQ(shut.fleet.mqtt.password, "sesame");
    EXPECT_THAT(write(shut), Not(HasSubstr("sesame")));
    const value_override given{"target.embedded.password", "sesame"};
    EXPECT_EQ(read(write(shut), "scenario.yaml", {&given, 1}).value().fleet.mqtt.password, "sesame") << "a replay";
    const auto own = read_valid(
        minimal_scenario("target: {embedded: {password: sesame}}\nfleet: {mqtt: {user: '{vin}', password: car}}"));
    EXPECT_EQ(own.fleet.mqtt.password, "car");
}

TEST(platform_schema, tls_is_for_a_broker_too) {
    EXPECT_EQ(read_valid(minimal_scenario("target: {broker: mqtts://a, tls: {ca: /x}}")).target.tls.ca, "/x");
}

TEST(platform_schema, embedded_tls_is_read_and_written) {
    using fault = scenario::embedded_tls::broker_fault;
    EXPECT_FALSE(read_valid(minimal_scenario("")).target.embedded_tls);
    EXPECT_EQ(read_valid(minimal_scenario("target: {embedded: {tls: {}}}")).target.embedded_tls,
              scenario::embedded_tls{});
    const std::pair<const char*, fault> faults[] = {{"none", fault::none},
                                                    {"wrong-host", fault::wrong_host},
                                                    {"expired", fault::expired},
                                                    {"untrusted", fault::untrusted},
                                                    {"old-version", fault::old_version}};
    for (const auto& [name, value] : faults) {
        const auto d =
            read_valid(minimal_scenario(std::string("target: {embedded: {tls: {mutual: true, fault: ") + name + "}}}"));
        EXPECT_EQ(d.target.embedded_tls, (scenario::embedded_tls{.mutual = true, .fault = value})) << name;
        EXPECT_TRUE(read_valid(write(d)) == d) << name;
    }
}

TEST(platform_schema, secrets_may_be_in_a_file) {
    const auto file = std::filesystem::temp_directory_path() / "loadsim-secret-of-a-test";
    std::ofstream(file) << "from a file\n";
    const auto target = "target: {broker: mqtt://a, api: http://b, auth: {bearer: {file: " + file.string() + "}}}";
    EXPECT_EQ(read_valid(minimal_scenario(target)).target.auth.bearer, "from a file");
    const auto broker =
        minimal_scenario("target: {broker: mqtt://a, api: http://b, user: u, password: {file: " + file.string() + "}}");
    EXPECT_EQ(read_valid(broker).target.broker->password, "from a file");
    std::filesystem::remove(file);
    EXPECT_THAT(problems_of(minimal_scenario(target)), HasSubstr("f:3:65: '" + file.string() + "' does not exist"));
}

TEST(platform_schema, refuses_contradictions) {
    const struct {
        std::string yaml, problem;
    } rows[] = {
        {minimal_scenario("target: {broker: mqtt://a, tls: {ca: x}}"), "tls is for an API or for a broker with TLS"},
        {minimal_scenario(
             "target: {broker: mqtt://a, api: http://b, auth: {bearer: a, basic: {user: u, password: p}}}"),
         "one of bearer, basic, apiKey, oauth2 and sigv4 is enough"},
        {scenario_with_load("  observers: []"), "no observer would see the completion of a request"},
        {scenario_with_load("  observers: [webhok]"), "unknown observer 'webhok'; did you mean 'webhook'?"},
        {scenario_with_load("  observers: [{poll: {factor: 0.5}}]"),
         "must be at least 1: below it, the polls become more frequent"},
        {scenario_with_load("  observers: [{mqtt: {id: id}}]"), "id"},
        {scenario_with_load("  observers: [{sse: {each: events}}]"),
         "'events' is no field path: did you mean the pointer '/events'?"},
        {scenario_with_load("  observers: [{poll: {each: /events}}]"), "unknown key 'each'"},
        {scenario_with_load("  observers: [{poll: {path: '/r/{request.ib}'}}]"),
         "'request.ib'; did you mean 'request.id'"},
        {scenario_with_load("  observers: [{websocket: {subscribe: '{segment.region}'}}]\n"
                            "fleet: {segments: [{name: a, share: 100%, variables: {region: eu}}]}"),
         "unknown variable 'segment.region'"},
        {scenario_with_load("  driver: mqtt\n  observers: [poll]"),
         "the mqtt driver observes the vehicles' final responses itself"},
        {minimal_scenario("contract: {ack: {payload: '{\"a\":\"{vim}\"}'}}\ntarget: {broker: mqtt://a, api: http://b}"),
         "'vim'; did you mean 'vin'"},
        {minimal_scenario("contract: {command: {id: /ref}}"),
         "the embedded backend supports only loadsim's own contract"},
        {minimal_scenario("fleet: {segments: [{name: a, share: 50%, variables: {x: 1}}, {name: b, share: 50%}]}"),
         "'x' is missing here; every segment has the same variables"},
        {minimal_scenario("fleet: {mqtt: {clientId: '{segment}'}}"), "vehicles 0 and 1 would both be 'all'"},
        {minimal_scenario("fleet: {data: /nowhere/cars.csv}"), "/nowhere/cars.csv"},
        {minimal_scenario("fleet: {link: broker-api}\ntarget: {broker: mqtt://a, api: http://b}"),
         "'url' is missing: which endpoint of your platform takes the vehicles' responses?"},
        {minimal_scenario("fleet: {link: broker-api, brokerApi: {faults: [{slow: 1s, reset: true}]}}"),
         "exactly one of slow, status, reset and duplicate"},
        {minimal_scenario("fleet: {link: broker-api}\nconditions: [{outage: {at: 1s, for: 1s}}]"),
         "with link: broker-api there is no broker to stop"},
        {minimal_scenario("fleet: {link: broker-api, telemetry: [{name: a, every: 1s, topic: t, payload: x}]}"),
         "vehicles behind the broker's API send responses and nothing else"},
        {minimal_scenario("campaigns: [{name: a, at: 0s, filter: x, topic: x, payload: '', segments: [al]}]"),
         "unknown segment 'al'; did you mean 'all'?"},
        {minimal_scenario("before: [{path: '/{captured.x}'}]"), "captured.x"},
        {minimal_scenario("after: [{path: /a, capture: {x: /x}}]"), "no later template uses 'x'"},
    };
    for (const auto& r : rows) EXPECT_THAT(problems_of(r.yaml), HasSubstr(r.problem)) << r.yaml;
}

TEST(platform_schema, campaigns_with_overlapping_filters_need_an_id) {
    const auto two = [](std::string_view first, std::string_view second) {
        return minimal_scenario(fmt::format(
            "fleet: {{segments: [{{name: eu, share: 50%}}, {{name: us, share: 50%}}]}}\ncampaigns:\n"
            "  - {{name: a, at: 0s, topic: x, payload: '', {}}}\n  - {{name: b, at: 0s, topic: x, payload: '', {}}}",
            first, second));
    };
    const struct {
        std::string_view first, second;
        bool right;
    } rows[] = {
        {"filter: x, id: /id", "filter: x, id: /id", true},
        {"filter: x", "filter: y", true},
        {"filter: 'x/{segment}', segments: [eu]", "filter: 'x/{segment}', segments: [us]", true},
        {"filter: x", "filter: x, id: /id", false},
        {"filter: x, segments: [eu]", "filter: x, segments: [us]", false},
        {"filter: 'x/{segment}', segments: [eu]", "filter: 'x/{segment}'", false},
        {"filter: 'x/{segment}', segments: [eu]", "filter: 'x/{segment}', segments: [us, eu]", false},
    };
    for (const auto& r : rows)
        if (r.right)
            read_valid(two(r.first, r.second));
        else
            EXPECT_THAT(
                problems_of(two(r.first, r.second)),
                HasSubstr("'a' has the same one: give both an id, the field path of the campaign's name in a message"))
                << r.first << " and " << r.second;
}

TEST(platform_schema, behind_the_broker_api_the_embedded_backend_posts_its_events) {
    const auto d = read_valid(minimal_scenario("fleet: {link: broker-api}"));
    ASSERT_EQ(d.load.observers.size(), 1U);
    EXPECT_EQ(observer::kind_of(d.load.observers[0]), "webhook");
    EXPECT_FALSE(d.load.check_response_sequence);
}

TEST(platform_schema, warns_of_builtin_messages_in_a_contract_of_its_own) {
    const auto warnings_of = [](std::string_view contract) {
        problems warnings;
        const auto config = read(minimal_scenario(fmt::format("target: {{broker: mqtt://a, api: http://b}}\n"
                                                              "contract: {{{}}}",
                                                              contract)),
                                 "f", {}, &warnings);
        EXPECT_TRUE(config) << to_string(config.error());
        return to_string(warnings);
    };
    EXPECT_EQ(warnings_of("executed: {topic: a}, ack: none, failed: {topic: b}, presence: none"),
              "f:4:1: 'running' is left out, so vehicles send loadsim's own on v1/{vin}/rsp/{request.id}; give the "
              "platform's, or none if it has no such message");
    EXPECT_EQ(warnings_of("request: {id: /x}"), "");
    EXPECT_EQ(warnings_of("executed: {topic: a}, ack: none, running: none, failed: {topic: b}, presence: none"), "");
}

TEST(platform_schema, warns_of_parameters_that_no_template_has) {
    const auto warnings_of = [](std::string_view more) {
        problems warnings;
        const auto config = read(scenario_with_load(more), "f", {}, &warnings);
        EXPECT_TRUE(config) << to_string(config.error());
        return to_string(warnings);
    };
    EXPECT_EQ(warnings_of("  services: {horn: {parameters: {seconds: 3}}}"),
              "f:4:43: it is not sent: no template of the request has {parameter.seconds}");
    EXPECT_EQ(warnings_of("  driver: mqtt\n  services: {horn: {payload: '{\"n\":{parameter.seconds}}', parameters: "
                          "{seconds: 3, side: left}}}"),
              "f:5:90: it is not sent: no template of the command has {parameter.side}");
}

TEST(platform_schema, warns_of_generated_vins) {
    const auto file = std::filesystem::temp_directory_path() / "loadsim-cars-without-vin.csv";
    std::ofstream(file) << "user,key\nann,1\n";
    problems warnings;
    const auto config = read(minimal_scenario("fleet: {vehicles: 1, data: " + file.string() + "}"), "f", {}, &warnings);
    std::filesystem::remove(file);
    ASSERT_TRUE(config) << to_string(config.error());
    EXPECT_EQ(to_string(warnings), "f:3:28: the VINs are generated, for " + file.string() +
                                       " has no column 'vin'; its columns are user, key");
}

TEST(compiled_scenario, has_template_values_from_data_and_segments) {
    const auto file = std::filesystem::temp_directory_path() / "loadsim-cars-of-a-test.csv";
    std::ofstream(file) << "vin,user\nWBA00000000000001,ann\nWBA00000000000002,bob\n";
    const auto d = read_valid(minimal_scenario("fleet: {vehicles: 2, data: " + file.string() +
                                               ", mqtt: {user: '{data.user}'}, segments: [{name: a, share: 100%, "
                                               "variables: {region: eu}}]}"));
    const auto compiled = compile(d).value();
    std::filesystem::remove(file);
    EXPECT_EQ(compiled.registry.vin_of(vehicle_id{1}), "WBA00000000000002");
    contract::template_values vehicle_values;
    const std::string name = "a";
    compiled.fill_vehicle_values(vehicle_id{1}, 0, name, vehicle_values);
    EXPECT_EQ(vehicle_values.index, 1U);
    EXPECT_EQ(vehicle_values.segment, "a");
    ASSERT_EQ(vehicle_values.segment_variables.size(), 1U);
    EXPECT_EQ(vehicle_values.segment_variables[0], "eu");
    EXPECT_THAT(compiled.symbols.data, ElementsAre("vin", "user"));
    EXPECT_EQ(vehicle_values.data[1], "bob");
}
