// Vehicles through Eclipse Paho do what those through loadsim's own sessions do.
#include "broker.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"
#include "temporary_folder.hpp"

#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

#include <stdlib.h>

using harness::number;
using harness::program;

namespace {

/// Deadlines are long: Paho takes up to two seconds to connect again.
std::string scenario_of(int seed, const std::string& fleet_keys, const std::string& target_keys) {
    return fmt::format(
        "name: compared\n"
        "seed: {}\n"
        "target: {{{} embedded: {{services: {{horn: {{pending: 5s, running: 15s}}}}}}}}\n"
        "fleet: {{{}, vehicles: 100, connectRate: 100, segments: [{{name: healthy, share: 50%, behaviour: success}},"
        " {{name: stubborn, share: 10%, behaviour: failure}}, {{name: silent, share: 10%, behaviour: timeout}},"
        " {{name: garage, share: 10%, behaviour: offline}}, {{name: leaving, share: 10%, behaviour: leaving}},"
        " {{name: thieves, share: 10%, behaviour: {}}}]}}\n"
        "behaviours: {{leaving: {{steps: [ack, {{disconnect: clean}}, reconnect, executed]}}}}\n"
        "load: {{services: {{horn: 1}}, phases: [{{duration: 2s, arrivalCount: 20}}], drain: 40s, lagLimit: 2s}}\n"
        "budgets: ['unexpected == 0', 'anomalies == 0']\n",
        seed, target_keys, fleet_keys, target_keys.empty() ? "wrong-credentials" : "success");
}

std::string scenario(const std::string& fleet_keys, const std::string& target_keys = "") {
    int seed = 7;
    while (harness::repeats_a_vehicle(scenario_of(seed, fleet_keys, target_keys))) ++seed;
    return scenario_of(seed, fleet_keys, target_keys);
}

/// Summary of a run that passes.
boost::json::value summary_of(const std::string& yaml) {
    auto run = program::run(yaml, {"--shards", "2"});
    EXPECT_EQ(run.wait(std::chrono::seconds{120}), 0) << run.out() << run.err();
    auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    return summary;
}

void expect_the_same(const boost::json::value& paho, const boost::json::value& own) {
    EXPECT_EQ(harness::outcome_matrix(paho), harness::outcome_matrix(own));
    for (const auto* count : {"/requests/due", "/requests/unexpected", "/sessions/planned", "/sessions/online_peak",
                              "/sessions/reconnects", "/sessions/dropped", "/sessions/connect/samples"})
        EXPECT_EQ(number(paho, count), number(own, count)) << count;
    EXPECT_GT(number(paho, "/messages/published"), 0);
    EXPECT_GT(number(paho, "/messages/received"), 0);
}

TEST(paho_fleet, has_the_outcomes_of_own_sessions) {
    const std::string login = "mqtt: {user: '{vin}', password: secret}, client: ";
    const auto own = summary_of(scenario(login + "own"));
    const auto paho = summary_of(scenario(login + "paho"));
    expect_the_same(paho, own);
    for (const auto* summary : {&own, &paho})
        EXPECT_GT(number(*summary, "/sessions/error_reasons/connection refused by the server: not authorized (0x87)"),
                  0)
            << "wrong credentials are refused, for the same reason";
}

TEST(paho_fleet, speaks_mqtt_3_1_1) {
    const std::string login = "mqtt: {version: 3.1.1, user: '{vin}', password: secret}, client: ";
    const auto own = summary_of(scenario(login + "own"));
    const auto paho = summary_of(scenario(login + "paho"));
    expect_the_same(paho, own);
}

/// A broker that wants the certificates that loadsim issues.
TEST(paho_fleet, presents_issued_certificates) {
    const harness::temporary_folder folder;
    const auto made = folder / "certificates";
    program create({"certificates", "create", "--out", made.string(), "--vehicles", "1"});
    ASSERT_EQ(create.wait(), 0) << create.err();
    const auto file = [&](const char* name) { return (made / name).string(); };
    harness::broker broker(fmt::format("allow_anonymous true\ncafile {}\ncertfile {}\nkeyfile {}\n"
                                       "require_certificate true\n",
                                       file("ca.pem"), file("server.pem"), file("server.key")));
    const auto table = harness::read_file(made / "vehicles.csv");
    const auto client =
        (made / "vehicles" / table.substr(table.find('\n') + 1, 17)).string(); // of loadsim's own sessions
    const auto target =
        fmt::format("broker: 'mqtts://127.0.0.1:{}', tls: {{ca: {}, certificate: {}.pem, key: {}.key}},",
                    broker.endpoint().port, file("ca.pem"), client, client);
    const auto tls =
        fmt::format("tls: {{issue: {{ca: {}, key: {}, validity: 1d}}}}, client: ", file("ca.pem"), file("ca.key"));
    const auto own = summary_of(scenario(tls + "own", target));
    const auto temporary = folder / "temporary";
    std::filesystem::create_directory(temporary);
    ::setenv("TMPDIR", temporary.c_str(), 1);
    const auto paho = summary_of(scenario(tls + "paho", target));
    ::unsetenv("TMPDIR");
    expect_the_same(paho, own);
    EXPECT_TRUE(std::filesystem::is_empty(temporary)) << "no key stays behind";
}

TEST(paho_fleet, a_broker_that_refuses_ends_the_run_with_the_reason) {
    const harness::temporary_folder folder;
    harness::broker broker("allow_anonymous false\npassword_file " +
                           harness::broker::password_file(folder, "own", "secret") + "\n");
    auto refused = program::run(fmt::format(
        "name: refused\ntarget: {{broker: 'mqtt://127.0.0.1:{}', user: own, password: secret}}\n"
        "fleet: {{client: paho, vehicles: 1}}\nload: {{driver: mqtt, phases: [{{duration: 1s, arrivalCount: 1}}]}}\n",
        broker.endpoint().port));
    EXPECT_EQ(refused.wait(), 3) << refused.out();
    EXPECT_NE(refused.err().find("refuses vehicle"), std::string::npos) << refused.err();
    EXPECT_NE(refused.err().find("check fleet.mqtt.user and fleet.mqtt.password"), std::string::npos) << refused.err();
}

} // namespace
