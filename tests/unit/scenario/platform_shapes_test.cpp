// What a scenario says of somebody's platform: its doors, its observers, calls, campaigns, the broker's API.
#include "given.hpp"

#include <loadsim/scenario/vocabulary.hpp>

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
  http: {retries: 2, timeout: 1s}
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

TEST(platform_shapes, are_read) {
    const auto d = good(theirs);
    EXPECT_FALSE(d.target.embedded);
    ASSERT_EQ(brokers_of(d.target).size(), 2U);
    EXPECT_EQ(brokers_of(d.target)[1].port, 2883);
    EXPECT_EQ(brokers_of(d.target)[1].password, "sesame") << "our own sessions may go to any of them";
    ASSERT_EQ(apis_of(d.target).size(), 2U);
    EXPECT_EQ(apis_of(d.target)[0].scheme, "https");
    EXPECT_EQ(d.target.proxy->port, 3128);
    EXPECT_EQ(d.target.auth.is, drive::auth_options::kind::oauth2);
    EXPECT_EQ(d.target.auth.oauth2.client_secret, "hush");
    ASSERT_EQ(d.before.size(), 2U);
    EXPECT_TRUE(d.before[1].for_each_vehicle);
    EXPECT_EQ(d.campaigns.at(0).at, 500ms);
    EXPECT_EQ(d.campaigns.at(0).sent.payload.text, R"({"id":"{request.id}"})");
    EXPECT_EQ(d.load.http.retries, 2U);
    EXPECT_THAT(legend_of(d).observers,
                ElementsAre("mqtt", "webhook", "poll 1", "poll 2", "response", "none", "sse", "websocket"));
    EXPECT_THAT(legend_of(d).campaigns, ElementsAre("recall"));
    EXPECT_EQ(std::get<observe::poll_options>(d.load.observers[2]).factor, 1.5);
    EXPECT_EQ(std::get<observe::webhook_options>(d.load.observers[1]).hmac->prefix, "v1=");
}

TEST(platform_shapes, come_back_as_they_were_but_for_secrets) {
    const auto d = good(theirs);
    const auto text = write(d);
    for (const auto* secret : {"sesame", "hush", "k1", "k2"}) EXPECT_THAT(text, Not(HasSubstr(secret)));
    auto again = good(text);
    for (auto* one : {&*again.target.broker, &again.target.more_brokers[0]}) one->password = "sesame";
    again.target.auth.oauth2.client_secret = "hush";
    auto& hook = std::get<observe::webhook_options>(again.load.observers[1]);
    hook.hmac->key = "k1";
    hook.secret->value = "k2";
    EXPECT_TRUE(again == d);
}

TEST(platform_shapes, secrets_may_be_in_a_file) {
    const auto file = std::filesystem::temp_directory_path() / "loadsim-secret-of-a-test";
    std::ofstream(file) << "from a file\n";
    const auto target = "target: {broker: mqtt://a, api: http://b, auth: {bearer: {file: " + file.string() + "}}}";
    EXPECT_EQ(good(least_with(target)).target.auth.bearer, "from a file");
    std::filesystem::remove(file);
    EXPECT_THAT(wrong(least_with(target)), HasSubstr("f:3:65: '" + file.string() + "' cannot be read"));
}

TEST(platform_shapes, that_cannot_be_are_refused) {
    const struct {
        std::string yaml, problem;
    } rows[] = {
        {least_with("target: {broker: mqtt://a, tls: {ca: x}}"), "tls, proxy and auth are for an API"},
        {least_with("target: {broker: mqtt://a, api: http://b, auth: {bearer: a, basic: {user: u, password: p}}}"),
         "one of bearer, basic, apiKey, oauth2 and sigv4 is enough"},
        {load_with("  observers: []"), "nobody would see the end of a request"},
        {load_with("  observers: [webhok]"), "unknown observer 'webhok'; did you mean 'webhook'?"},
        {load_with("  observers: [{poll: {factor: 0.5}}]"), "a factor below 1"},
        {load_with("  observers: [{mqtt: {id: id}}]"), "id"},
        {load_with("  observers: [{sse: {each: events}}]"),
         "'events' is no source: did you mean the pointer '/events'?"},
        {load_with("  observers: [{poll: {each: /events}}]"), "unknown key 'each'"},
        {load_with("  observers: [{poll: {path: '/r/{request.ib}'}}]"), "'request.ib'; did you mean 'request.id'"},
        {load_with("  observers: [{websocket: {subscribe: '{segment.region}'}}]\n"
                   "fleet: {segments: [{name: a, share: 100%, variables: {region: eu}}]}"),
         "unknown variable 'segment.region'"},
        {load_with("  driver: mqtt\n  observers: [poll]"), "the mqtt driver hears the vehicles' last words itself"},
        {least_with("contract: {ack: {payload: '{\"a\":\"{vim}\"}'}}\ntarget: {broker: mqtt://a, api: http://b}"),
         "'vim'; did you mean 'vin'"},
        {least_with("contract: {command: {id: /ref}}"), "the embedded backend speaks loadsim's own contract alone"},
        {least_with("fleet: {segments: [{name: a, share: 50%, variables: {x: 1}}, {name: b, share: 50%}]}"),
         "'x' is missing here; every segment has the same variables"},
        {least_with("fleet: {mqtt: {clientId: '{segment}'}}"), "vehicles 0 and 1 would both be 'all'"},
        {least_with("fleet: {data: /nowhere/cars.csv}"), "/nowhere/cars.csv"},
        {least_with("fleet: {link: broker-api}\ntarget: {broker: mqtt://a, api: http://b}"),
         "'url' is missing: where does your platform take the vehicles' words?"},
        {least_with("fleet: {link: broker-api, brokerApi: {badness: [{slow: 1s, reset: true}]}}"),
         "exactly one of slow, status, reset and duplicate"},
        {least_with("fleet: {link: broker-api}\nconditions: [{outage: {at: 1s, for: 1s}}]"),
         "behind its API there is no broker to take away"},
        {least_with("fleet: {link: broker-api}\ncontract: {telemetry: {topic: t, payload: x}}"),
         "vehicles behind the broker's API answer commands and say nothing else"},
        {least_with("campaigns: [{name: a, at: 0s, filter: x, topic: x, payload: '', segments: [al]}]"),
         "unknown segment 'al'; did you mean 'all'?"},
        {least_with("before: [{path: '/{captured.x}'}]"), "captured.x"},
        {least_with("after: [{path: /a, capture: {x: /x}}]"), "nothing speaks of 'x' after that"},
    };
    for (const auto& r : rows) EXPECT_THAT(wrong(r.yaml), HasSubstr(r.problem)) << r.yaml;
}

TEST(platform_shapes, two_campaigns_that_one_vehicle_hears_under_one_filter_are_told_apart_by_an_id) {
    const auto two = [](std::string_view first, std::string_view second) {
        return least_with(fmt::format(
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
            good(two(r.first, r.second));
        else
            EXPECT_THAT(wrong(two(r.first, r.second)),
                        HasSubstr("'a' has the same one: say in 'id' of both where a message says its campaign's name"))
                << r.first << " and " << r.second;
}

TEST(platform_shapes, behind_the_brokers_api_the_embedded_backend_posts_its_events) {
    const auto d = good(least_with("fleet: {link: broker-api}"));
    ASSERT_EQ(d.load.observers.size(), 1U);
    EXPECT_EQ(observe::kind_of(d.load.observers[0]), "webhook");
    EXPECT_FALSE(d.load.watch_words);
}

TEST(vocabulary, says_of_a_vehicle_what_data_and_segments_say) {
    const auto file = std::filesystem::temp_directory_path() / "loadsim-cars-of-a-test.csv";
    std::ofstream(file) << "vin,user\nWBA00000000000001,ann\nWBA00000000000002,bob\n";
    const auto d = good(least_with("fleet: {vehicles: 2, data: " + file.string() +
                                   ", mqtt: {user: '{data.user}'}, segments: [{name: a, share: 100%, "
                                   "variables: {region: eu}}]}"));
    const auto words = learn(d).value();
    std::filesystem::remove(file);
    EXPECT_EQ(words.cars.vin_of(vehicle_id{1}), "WBA00000000000002");
    contract::values about;
    const std::string name = "a";
    words.fill(vehicle_id{1}, 0, name, about);
    EXPECT_EQ(about.index, 1U);
    EXPECT_EQ(about.segment, "a");
    ASSERT_EQ(about.segment_variables.size(), 1U);
    EXPECT_EQ(about.segment_variables[0], "eu");
    EXPECT_THAT(words.names.data, ElementsAre("vin", "user"));
    EXPECT_EQ(about.data[1], "bob");
}
