// Reading of services, and of the templates of a platform.
#include "scenario_text.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;

TEST(read, the_embedded_target_serves_the_requested_services) {
    const auto d = read_valid(scenario_with_load("  services: {wash: 1, horn: 1}"));
    auto services = backend::default_services();
    services.push_back({"wash", {}});
    EXPECT_EQ(d.target.backend.services, services);
}

TEST(read, services_with_words_requests_and_parameters_of_the_platform) {
    const auto d = read_valid(R"(name: t
target: {broker: mqtt://b, api: http://a}
load:
  phases: [{duration: 1, arrivalRate: 1}]
  completionTimeout: 40s
  services:
    horn: 2
    Klima an:
      weight: 3
      as: KLIMA/1
      method: PUT
      path: "/klima/{vin}"
      headers: {X-Mode: "{parameter.mode}"}
      body: {json: '{"degrees":{parameter.degrees}}'}
      accepted: [200]
      rejected: [423]
      id: /nr
      topic: "klima/{vin}"
      payload: "{service}"
      deadline: 90s
      parameters:
        degrees: {normal: {mean: 21, stddev: 1.5}, least: -5, most: 28, decimals: 1}
        seconds: {uniform: {min: 1, max: 10}}
        mode: {choose: {auto: 3, eco: 1}}
        side: {choose: [left, right]}
        fixed: 21.50
)");
    ASSERT_EQ(d.load.services.size(), 2U);
    EXPECT_EQ(d.load.services[0], (service{"horn", 2}));
    EXPECT_EQ(d.load.services[0].platform_name(), "horn");
    const auto& s = d.load.services[1];
    EXPECT_EQ(s.name, "Klima an");
    EXPECT_EQ(s.weight, 3);
    EXPECT_EQ(s.platform_name(), "KLIMA/1");
    EXPECT_EQ(s.contract.method, "PUT");
    EXPECT_EQ(s.contract.path, "/klima/{vin}");
    EXPECT_EQ(s.contract.headers, (contract::named_texts{{"X-Mode", "{parameter.mode}"}}));
    EXPECT_EQ(s.contract.body->format, contract::payload_options::payload_format::json);
    EXPECT_THAT(*s.contract.accepted, testing::ElementsAre(200));
    EXPECT_THAT(*s.contract.rejected, testing::ElementsAre(423));
    EXPECT_EQ(s.contract.id, "/nr");
    EXPECT_EQ(s.contract.topic, "klima/{vin}");
    EXPECT_EQ(s.contract.payload->text, "{service}");
    EXPECT_EQ(completion_timeout_of(d.load, s), 90s);
    EXPECT_EQ(completion_timeout_of(d.load, d.load.services[0]), 40s);
    EXPECT_EQ(longest_completion_timeout(d.load), 90s);
    ASSERT_EQ(s.parameters.size(), 5U);
    const auto& degrees = s.parameters[0];
    EXPECT_EQ(degrees.distribution, distribution_kind::normal);
    EXPECT_EQ(std::pair(degrees.a, degrees.b), std::pair(21.0, 1.5));
    EXPECT_EQ(std::pair(*degrees.least, *degrees.most), std::pair(-5.0, 28.0));
    EXPECT_EQ(degrees.decimals, 1);
    EXPECT_EQ(s.parameters[1].distribution, distribution_kind::uniform);
    EXPECT_THAT(s.parameters[2].choices, testing::ElementsAre(testing::Pair("auto", 3), testing::Pair("eco", 1)));
    EXPECT_THAT(s.parameters[3].choices, testing::ElementsAre(testing::Pair("left", 1), testing::Pair("right", 1)));
    EXPECT_EQ(s.parameters[4].text, "21.50") << "as written";
    const auto again = read(write(d), "written");
    ASSERT_TRUE(again) << write(d) << to_string(again.error());
    EXPECT_EQ(*again, d) << write(d);
}

TEST(read, warns_of_placeholders_of_other_tools) {
    problems warnings;
    const auto config = read(minimal_scenario("target: {broker: mqtt://a, api: http://b}\n"
                                              "contract: {request: {body: '{\"a\":\"{{ vin }}\"}'}}\n"
                                              "fleet: {mqtt: {clientId: 'car-%i-{vin}'}}"),
                             "f", std::vector{*parse_override("contract.request.path=/a/${vin}")}, &warnings);
    ASSERT_TRUE(config) << to_string(config.error());
    ASSERT_EQ(warnings.list.size(), 3U) << to_string(warnings);
    EXPECT_THAT(to_string(warnings), testing::HasSubstr("f:4:28: '{{ vin }}' is a placeholder of other tools"));
    EXPECT_THAT(to_string(warnings), testing::HasSubstr("f:5:26: '%i' is a placeholder of other tools"));
    EXPECT_THAT(to_string(warnings), testing::HasSubstr("--set contract.request.path: '${vin}' is a placeholder"));
}
