// Scenario files in scenarios/.
#include "scenario_text.hpp"

#include <loadsim/base/enum_names.hpp>
#include <loadsim/certificate/issuer.hpp>
#include <loadsim/scenario/builtin_behaviours.hpp>
#include <loadsim/scenario/run_estimate.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <variant>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;

namespace {

void hide(std::string& secret) {
    if (!secret.empty()) secret = "***";
}
const std::filesystem::path scenario_folder = std::filesystem::path(LOADSIM_ROOT) / "scenarios";
const loadsim::target::machine_resources large_machine{.open_files = 1'000'000};

} // namespace

TEST(scenario_files, are_read_without_a_problem_and_back) {
    ::setenv("FLOTTE_DIENST", "key-of-the-service", 1); // used by foreign-platform.yaml
    ::setenv("FLOTTE_GEHEIMNIS", "secret-of-the-service", 1);
    int count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scenario_folder)) {
        if (entry.path().extension() != ".yaml") continue;
        ++count;
        SCOPED_TRACE(entry.path());
        problems warnings;
        auto from_file = read(file_text(entry.path()), entry.path().string(), {}, &warnings);
        ASSERT_TRUE(from_file) << to_string(from_file.error());
        EXPECT_EQ(to_string(warnings), "");
        auto& d = *from_file;
        EXPECT_EQ(d.name, entry.path().stem());
        const auto again = read(write(d), "written");
        ASSERT_TRUE(again) << to_string(again.error());
        hide(d.fleet.mqtt.password);
        for (auto& b : d.behaviours)
            if (b.credentials) hide(b.credentials->password);
        hide(d.target.auth.api_key.value);
        for (auto& o : d.load.observers)
            if (auto* webhook = std::get_if<observer::webhook_options>(&o); webhook != nullptr && webhook->hmac)
                hide(webhook->hmac->key);
        EXPECT_TRUE(*again == d) << "but for the secrets, which are never written";
    }
    EXPECT_GE(count, 47);
}

TEST(scenario_files, the_pilot_is_the_published_one) {
    const auto d = read_valid(file_text(scenario_folder / "remote-services-pilot.yaml"));
    const auto p = estimate_run(d, large_machine);
    ASSERT_EQ(p.phases.size(), 3U);
    EXPECT_EQ(p.phases[0].arrivals, 360U);
    EXPECT_EQ(p.phases[1].arrivals, 15'750U);
    EXPECT_EQ(p.phases[2].arrivals, 1'080'000U);
    EXPECT_EQ(p.arrivals, 1'096'110U);
    EXPECT_EQ(p.duration, 3h + 7min);
    std::vector<std::string> budgets;
    for (const auto& b : d.budgets) budgets.push_back(b.expression);
    EXPECT_THAT(budgets, testing::ElementsAre("e2e.p50 < 400ms", "e2e.p99 < 1s", "unexpected == 0", "anomalies == 0"));
    EXPECT_THAT(labels_of(d).services, testing::ElementsAre("horn", "light-flash"));

    const std::vector<value_override> shorter{*parse_override("load.phases[2].duration=60s")};
    EXPECT_EQ(
        estimate_run(read_valid(file_text(scenario_folder / "remote-services-pilot.yaml"), shorter), large_machine)
            .arrivals,
        360U + 15'750 + 6'000);
}

TEST(scenario_files, the_quickstart_has_everything_in_it) {
    const auto d = read_valid(file_text(scenario_folder / "quickstart.yaml"));
    const auto p = estimate_run(d, large_machine);
    EXPECT_TRUE(d.target.embedded);
    EXPECT_EQ(p.requirements.sessions, 2000U);
    EXPECT_EQ(p.duration, 30s);
    EXPECT_THAT(labels_of(d).behaviours, testing::UnorderedElementsAre("success", "failure", "timeout", "offline"));
    EXPECT_EQ(behaviour_of(d, "success"), builtin_behaviours()[0]) << "as its comment says";
    for (const auto& s : d.target.backend.services)
        EXPECT_LT(std::max(s.limits.created, s.limits.pending), d.load.drain) << "silent vehicles end within the drain";
}

TEST(scenario_files, the_large_fleet_is_22_processes_of_20000_files) {
    const auto text = file_text(scenario_folder / "fleet-400k.yaml");
    const auto d = read_valid(text);
    const auto p = estimate_run(d, {.open_files = 20'000});
    EXPECT_EQ(p.requirements.sessions, 400'000U);
    EXPECT_EQ(p.ranks, 22U) << "as its comment says";
    EXPECT_THAT(text, testing::HasSubstr("run --ranks 22 fleet-400k\n"));
    EXPECT_TRUE(p.requirements.own_broker);
    EXPECT_EQ(d.fleet.mqtt.session.keep_alive, 60s);
    EXPECT_EQ(p.duration, 60s);
    EXPECT_EQ(p.arrivals, 12'000U) << "200 a second";
    std::vector<std::string> budgets;
    for (const auto& b : d.budgets) budgets.push_back(b.expression);
    EXPECT_THAT(budgets,
                testing::ElementsAre("e2e.p99 < 1s", "unexpected == 0", "sessions.dropped == 0", "anomalies == 0"));
    for (const auto& s : d.target.backend.services)
        EXPECT_LT(std::max(s.limits.created, s.limits.pending), d.load.drain) << "silent vehicles end within the drain";
}

TEST(scenario_files, the_large_tls_fleet_is_6_processes_with_a_certificate_for_each_vehicle) {
    const auto text = file_text(scenario_folder / "fleet-100k-mtls.yaml");
    const auto d = read_valid(text);
    const auto p = estimate_run(d, {.open_files = 20'000});
    EXPECT_EQ(p.requirements.sessions, 100'000U);
    EXPECT_EQ(p.ranks, 6U) << "as its comment says";
    EXPECT_THAT(text, testing::HasSubstr("run --ranks 6 fleet-100k-mtls\n"));
    EXPECT_THAT(text, testing::HasSubstr("tls: {mutual: true}"));
    EXPECT_THAT(text, testing::HasSubstr("issue: {subject: \"CN={vin}"));
    EXPECT_EQ(p.duration, 60s);
    EXPECT_EQ(p.arrivals, 12'000U) << "200 a second";
    std::vector<std::string> budgets;
    for (const auto& b : d.budgets) budgets.push_back(b.expression);
    EXPECT_THAT(budgets,
                testing::ElementsAre("e2e.p99 < 1s", "unexpected == 0", "sessions.dropped == 0", "anomalies == 0"));
}

TEST(scenario_files, of_bad_certificates_has_a_segment_for_each_fault) {
    const auto text = file_text(scenario_folder / "edge-cases" / "bad-certificates.yaml");
    const auto d = read_valid(text);
    std::set<std::string> behaviours;
    for (const auto& s : d.fleet.segments) behaviours.insert(s.behaviour);
    EXPECT_EQ(behaviours.size(), enum_names<certificate::certificate_fault>.size()) << "each and success";
    for (const auto fault : enum_names<certificate::certificate_fault>) {
        std::string name(fault); // in the scenario with hyphens
        std::ranges::replace(name, '_', '-');
        if (name == "none") continue;
        EXPECT_THAT(text, testing::HasSubstr(": {credentials: {certificate: " + name + "}}"));
    }
}

TEST(scenario_files, of_edge_cases_are_short_and_have_budgets) {
    for (const auto& entry : std::filesystem::directory_iterator(scenario_folder / "edge-cases")) {
        if (entry.path().extension() != ".yaml") continue;
        SCOPED_TRACE(entry.path());
        const auto name = entry.path().stem().string();
        EXPECT_THAT(name, testing::MatchesRegex("[a-z0-9-]+"));
        const auto text = file_text(entry.path());
        EXPECT_THAT(text, testing::HasSubstr("#     loadsim run edge-cases/" + name + "\n"));
        const auto from_file = read(text, entry.path().string());
        ASSERT_TRUE(from_file) << to_string(from_file.error());
        const auto& d = *from_file;
        EXPECT_TRUE(d.target.embedded);
        EXPECT_TRUE(d.load.check_response_sequence) << "so that responses are checked";
        EXPECT_GE(d.fleet.vehicles, 50U);
        EXPECT_LE(d.fleet.vehicles, 200U);
        EXPECT_LE(estimate_run(d, large_machine).duration + d.load.drain, 20s);
        std::vector<std::string> budgets;
        for (const auto& b : d.budgets) budgets.push_back(b.expression);
        EXPECT_THAT(budgets, testing::IsSupersetOf({"unexpected == 0", "anomalies == 0"}));
        EXPECT_GT(budgets.size(), 2U) << "and what is its own";
    }
}

TEST(scenario_files, the_garage_of_three_days_is_one_in_an_environment) {
    const auto text = file_text(scenario_folder / "edge-cases" / "telemetry-garage.yaml");
    const auto made = read(text, "f", {}, nullptr, "three-days");
    ASSERT_TRUE(made) << to_string(made.error());
    ASSERT_EQ(made->conditions.size(), 1U);
    EXPECT_EQ(made->conditions[0].duration, vehicle::delay{.a = 72h});
    EXPECT_EQ(made->fleet.trips->speed, 1);
    const auto quick = read_valid(text);
    EXPECT_EQ(quick.conditions[0].duration.a * static_cast<int>(quick.fleet.trips->speed), 72h)
        << "as its comment says";
}

TEST(scenario_files, the_morning_rush_is_40_times_as_many_requests) {
    const auto d = read_valid(file_text(scenario_folder / "morning-rush.yaml"));
    const auto p = estimate_run(d, large_machine);
    ASSERT_EQ(p.phases.size(), 3U);
    EXPECT_EQ(p.phases[0].rates, "2/s");
    EXPECT_EQ(p.phases[1].rates, "80/s");
    EXPECT_LE(p.duration + d.load.drain, 2min);
    EXPECT_GT(p.telemetry_messages_per_second, 500);
    EXPECT_LT(p.telemetry_messages_per_second, 5000) << "what two cores carry beside a broker";
}

TEST(scenario_files, the_tap_consumes_what_the_bridge_forwards) {
    const auto d = read_valid(file_text(scenario_folder / "telemetry-to-kafka.yaml"));
    ASSERT_EQ(d.taps.size(), 1U);
    EXPECT_TRUE(d.taps[0].consumer.connection.brokers.empty()) << "embedded";
    ASSERT_TRUE(d.target.embedded_kafka);
    EXPECT_EQ(d.target.embedded_kafka->bridge.rules[0].topic, d.taps[0].consumer.topics[0]);
    const std::vector<value_override> with_fault{
        *parse_override("target.embedded.bridge.faults=[{drop: true, every: 100}]")};
    EXPECT_EQ(read_valid(file_text(scenario_folder / "telemetry-to-kafka.yaml"), with_fault)
                  .target.embedded_kafka->bridge.faults.size(),
              1U)
        << "as its comment says";
}

TEST(scenario_files, of_edge_cases_are_one_for_each_behaviour_and_condition) {
    std::set<std::string> behaviours;
    std::set<vehicle::condition::kind> conditions;
    for (const auto& entry : std::filesystem::directory_iterator(scenario_folder / "edge-cases")) {
        if (entry.path().extension() != ".yaml") continue;
        const auto d = read(file_text(entry.path()), entry.path().string()).value();
        for (const auto& s : d.fleet.segments) behaviours.insert(s.behaviour);
        for (const auto& c : d.conditions) conditions.insert(c.type);
    }
    behaviours.insert({"failure", "timeout", "offline"}); // covered by the quickstart
    for (const auto& b : builtin_behaviours()) EXPECT_TRUE(behaviours.contains(b.name)) << b.name;
    EXPECT_EQ(conditions.size(), 10U);
}
