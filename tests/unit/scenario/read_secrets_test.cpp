// Reading of environment variables, secrets and files.
#include "scenario_text.hpp"

#include <loadsim/base/secrets.hpp>

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::scenario;

TEST(read, user_and_password_from_the_environment) {
    ASSERT_EQ(setenv("LOADSIM_TEST_SECRET", "a{Geheim77", 1), 0);
    const auto m =
        read_valid(minimal_scenario(
                       "fleet: {mqtt: {user: 'u-${LOADSIM_TEST_SECRET}-{vin}', password: '${LOADSIM_TEST_SECRET}'}}"))
            .fleet.mqtt;
    EXPECT_EQ(m.user, "u-${LOADSIM_TEST_SECRET}-{vin}") << "its template inserts the value, as text";
    EXPECT_EQ(m.password, "${LOADSIM_TEST_SECRET}");
    EXPECT_THAT(problems_of(minimal_scenario("fleet: {mqtt: {password: '${LOADSIM_TEST_NONE}'}}")),
                testing::HasSubstr("'LOADSIM_TEST_NONE' is not set"));
    EXPECT_THAT(problems_of(minimal_scenario("target: {broker: mqtt://a, user: '${LOADSIM'}")),
                testing::HasSubstr("without its '}'"));
    EXPECT_THAT(problems_of("name: ${HOME}\nload: {phases: [{pause: 1}, {duration: 1, arrivalRate: 1}]}"),
                testing::HasSubstr("cannot name a folder"))
        << "nowhere else";
}

TEST(read, urls_from_the_environment) {
    ASSERT_EQ(setenv("LOADSIM_TEST_HOST", "platform.test", 1), 0);
    const auto t = read_valid(minimal_scenario("target: {broker: 'mqtt://${LOADSIM_TEST_HOST}', api: "
                                               "['HTTPS://${LOADSIM_TEST_HOST}/v1%2Fx', 'http://b'], auth: {oauth2: "
                                               "{tokenUrl: 'http://${LOADSIM_TEST_HOST}/t', clientId: a, "
                                               "clientSecret: b}}}"))
                       .target;
    EXPECT_EQ(net::to_string(*t.broker), "mqtt://platform.test:1883");
    EXPECT_EQ(net::to_string(*t.api), "https://platform.test:443/v1%2Fx");
    EXPECT_EQ(t.auth.oauth2.token_url, "http://platform.test/t");
    EXPECT_THAT(problems_of(minimal_scenario("target: {broker: 'mqtt://${LOADSIM_TEST_NONE}'}")),
                testing::HasSubstr("f:3:18: the environment variable 'LOADSIM_TEST_NONE' is not set"));
}

TEST(read, registers_secrets) {
    ASSERT_EQ(setenv("LOADSIM_TEST_SECRET", "env{vin}-of-read-test", 1), 0);
    ASSERT_EQ(setenv("LOADSIM_TEST_HOST", "host-of-read-test", 1), 0);
    const auto found = [](std::string_view text) { return mask_secrets(text) == secret_mask; };
    EXPECT_FALSE(found("env{vin}-of-read-test"));
    read_valid(scenario_with_load(
        "  observers: [{webhook: {secret: {header: X-A, value: webhook-of-read-test}, hmac: {header: X-B, key: "
        "hmac-of-read-test}}}]\n"
        "target: {broker: 'mqtt://${LOADSIM_TEST_HOST}', api: 'http://${LOADSIM_TEST_HOST}', user: u, password: "
        "password-of-read-test, auth: {basic: {user: u, password: basic-of-read-test}}}\n"
        "fleet: {mqtt: {user: car, password: 'fleet-{{vin}}-of-read-test'}}\n"
        "contract: {request: {body: '{\"a\":\"${LOADSIM_TEST_SECRET}\"}'}}"));
    for (const auto* secret : {"env{vin}-of-read-test", "password-of-read-test", "basic-of-read-test",
                               "fleet-{vin}-of-read-test", "webhook-of-read-test", "hmac-of-read-test"})
        EXPECT_TRUE(found(secret)) << secret;
    EXPECT_FALSE(found("host-of-read-test")) << "a URL stays readable";
}

TEST(read_vehicles, needs_no_variable_of_a_template) {
    const auto yaml = minimal_scenario("fleet: {vehicles: 3, mqtt: {user: a, password: '***'}}\n"
                                       "before: [{path: '/a?b=${LOADSIM_TEST_NONE}'}]");
    EXPECT_THAT(problems_of(yaml), testing::HasSubstr("f:4:"));
    const auto vehicles = read_vehicles(yaml, "f");
    ASSERT_TRUE(vehicles) << to_string(vehicles.error());
    EXPECT_EQ(vehicles->size(), 3U);
    EXPECT_EQ(vehicles->vin_of(vehicle_id{2}), vehicle::registry({}, 3).vin_of(vehicle_id{2}));
    EXPECT_EQ(to_string(read_vehicles(minimal_scenario("fleet: {data: no.csv}"), "f").error()).find("fleet.data: "),
              0U);
    EXPECT_THAT(to_string(read_vehicles(minimal_scenario("fleet: {vehicles: x}"), "f").error()),
                testing::StartsWith("f:3:"));
    EXPECT_THAT(to_string(read_vehicles("a: [", "f").error()), testing::HasSubstr("not YAML"));
}

TEST(read, does_not_repeat_a_text_where_a_secret_may_be) {
    for (const auto* wrong :
         {"target: {broker: mqtt://a, api: http://b, auth: Secret-77}",
          "target: {broker: mqtt://a, api: http://b, auth: {basic: Secret-77}}", "target: 'mqtt://u:Secret-77@host'",
          "target: {broker: 'mqtt://u:Secret-77@host'}", "contract: {request: {headers: 'Authorization: Secret-77'}}",
          "behaviours: {b: {credentials: Secret-77}}"}) {
        const auto text = problems_of(minimal_scenario(wrong));
        EXPECT_NE(text, "") << wrong;
        EXPECT_THAT(text, testing::Not(testing::HasSubstr("Secret"))) << wrong;
    }
}

TEST(read, warns_of_secrets_that_are_too_short_to_mask) {
    problems warnings;
    const auto config =
        read(minimal_scenario("target: {broker: mqtt://a, api: http://b, auth: {bearer: abc}}"), "f", {}, &warnings);
    ASSERT_TRUE(config) << to_string(config.error());
    EXPECT_EQ(to_string(warnings), "f:3:58: a secret of less than 4 bytes is not masked within other texts");
}

TEST(read, files_are_found_relative_to_the_scenario) {
    const auto here = std::filesystem::current_path();
    const auto yaml = minimal_scenario("target: {broker: mqtt://a, api: https://b, tls: {ca: tls/ca.pem}}\n"
                                       "before: [{path: /a, body: {file: /abs.bin}}]\nfleet: {data: cars.csv}");
    const auto wrong = [&](std::span<const value_override> overrides) {
        return to_string(read(yaml, "scenarios/x.yaml", overrides).error());
    };
    EXPECT_THAT(wrong({}), testing::HasSubstr((here / "scenarios/cars.csv").string() + ": cannot be read"));
    EXPECT_THAT(wrong({}), testing::HasSubstr("the file '/abs.bin' cannot be read"));
    EXPECT_THAT(wrong(std::vector{*parse_override("fleet.data=cars.csv")}),
                testing::HasSubstr((here / "cars.csv").string() + ": cannot be read"))
        << "an override is not the scenario's";
    const auto config =
        read(minimal_scenario("target: {broker: mqtt://a, api: https://b, tls: {ca: tls/ca.pem}}"), "scenarios/x.yaml");
    ASSERT_TRUE(config) << to_string(config.error());
    EXPECT_EQ(config->target.tls.ca, (here / "scenarios/tls/ca.pem").string());
    EXPECT_THAT(write(*config), testing::HasSubstr((here / "scenarios/tls/ca.pem").string()))
        << "so that a report's scenario can be run from anywhere";
}

TEST(read, warns_once_of_an_environment_variable_that_is_too_short_to_mask) {
    ASSERT_EQ(setenv("LOADSIM_TEST_SHORT", "abc", 1), 0);
    ASSERT_EQ(setenv("LOADSIM_TEST_LONG", "abcd-of-read-test", 1), 0);
    problems warnings;
    const auto config =
        read(minimal_scenario("target: {broker: mqtt://a, api: http://b, auth: {bearer: '${LOADSIM_TEST_SHORT}'}}\n"
                              "contract: {request: {path: '/{vin}?a=${LOADSIM_TEST_SHORT}&b=${LOADSIM_TEST_LONG}'}}\n"
                              "fleet: {mqtt: {user: u, password: '${LOADSIM_TEST_SHORT}'}}"),
             "f", {}, &warnings);
    ASSERT_TRUE(config) << to_string(config.error());
    ASSERT_EQ(warnings.list.size(), 1U) << to_string(warnings);
    EXPECT_EQ(warnings.list.front().text,
              "the value of ${LOADSIM_TEST_SHORT} has less than 4 bytes and is not masked in output, logs and reports");
}
