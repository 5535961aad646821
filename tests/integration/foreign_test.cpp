// Foreign platform (foreign/, in Node.js) with its own contract, tested by scenarios/foreign-platform.yaml alone: with each
// kind of observer, and with several at once.
#include "broker.hpp"
#include "child_process.hpp"
#include "program.hpp"
#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include <stdlib.h>

using namespace std::chrono_literals;
using harness::number;

namespace {

const std::string scenario = LOADSIM_ROOT "/scenarios/foreign-platform.yaml";
constexpr const char* service_key = "tor-42";
constexpr const char* secret = "sesam-43";

/// Observers in the scenario, active or commented out, by kind: "poll" -> "poll: {path: ..}".
std::map<std::string, std::string> observers_in_scenario() {
    std::istringstream lines(harness::read_file(scenario));
    std::map<std::string, std::string> all;
    std::string kind;
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        if (line == "  observers:")
            inside = true;
        else if (line == "  phases:")
            inside = false;
        if (!inside) continue;
        const auto text = line.substr(std::min(line.find_first_not_of(" #"), line.size()));
        if (text.starts_with("- ")) {
            kind = text.substr(2, text.find(':') - 2);
            all[kind] = text.substr(2);
        } else if (!kind.empty() && all[kind].ends_with(',')) {
            all[kind] += " " + text;
        }
    }
    return all;
}

/// Foreign platform and its broker.
class flottendienst {
public:
    /// Reads the API URL from the output: "flottendienst listens on http://127.0.0.1:41234".
    flottendienst() {
        ::setenv("FLOTTE_DIENST", service_key, 1); // for the platform and for loadsim
        ::setenv("FLOTTE_GEHEIMNIS", secret, 1);
        platform_.emplace(std::vector<std::string>{"node", LOADSIM_ROOT "/tests/integration/foreign/main.js",
                                                   "--broker", broker_.url()},
                          folder_ / "output");
        harness::wait_until([&] { return output().ends_with('\n') || !platform_->running(); }, 20s);
        const auto output = this->output();
        const auto at = output.find("http://");
        EXPECT_NE(at, std::string::npos) << output;
        if (at != std::string::npos) api_ = output.substr(at, output.find('\n', at) - at);
    }

    harness::program run(harness::arguments settings) const {
        for (const auto* more : {"load.lagLimit=5s", "load.drain=20s", "load.completionTimeout=15s",
                                 "budgets=['unexpected == 0', 'anomalies == 0', 'outcomes.errored == 0']"})
            settings.insert(settings.begin(), more);
        return run_command("run", settings);
    }
    harness::program run_command(const char* command, const harness::arguments& settings) const {
        harness::arguments argv{command, scenario, "--report", "report", "--broker", broker_.url(), "--api", api_};
        for (const auto& setting : settings) argv.insert(argv.end(), {"--set", setting});
        return harness::program(argv);
    }
    std::string output() const { return harness::read_file(folder_ / "output"); }

private:
    harness::broker broker_;
    harness::temporary_folder folder_;
    std::optional<harness::child_process> platform_;
    std::string api_;
};

struct row {
    const char* name;
    std::vector<std::string> observers;
    harness::arguments settings{};
};
void PrintTo(const row& r, std::ostream* out) { *out << r.name; }

const row rows[]{
    {"mqtt", {"mqtt"}},           {"webhook", {"webhook"}},
    {"poll", {"poll"}},           {"response", {"response"}, {"contract.request.path=/auftraege?warten=ja"}},
    {"none", {"none"}},           {"sse", {"sse"}},
    {"websocket", {"websocket"}}, {"several", {"mqtt", "webhook", "poll", "sse", "websocket"}},
};

class foreign : public testing::TestWithParam<row> {};

TEST_P(foreign, every_request_completes_as_its_vehicle_responds) {
    const auto observers = observers_in_scenario();
    std::string list;
    for (const auto& kind : GetParam().observers) {
        ASSERT_TRUE(observers.contains(kind)) << "the scenario does not teach " << kind;
        list += (list.empty() ? "{" : ", {") + observers.at(kind) + "}";
    }
    auto settings = GetParam().settings;
    settings.push_back("load.observers=[" + list + "]");
    settings.push_back("load.phases=[{name: steady, duration: 4s, arrivalRate: 15}]");

    const flottendienst platform;
    auto run = platform.run(settings);
    ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err() << platform.output()
                                << harness::read_file(run.report() / "anomalies.jsonl").substr(0, 4000);
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(harness::text(summary, "/verdict"), "pass");
    EXPECT_EQ(number(summary, "/requests/due"), 60);
    std::map<std::string, std::int64_t> outcome_counts; // by expected and observed outcome
    for (const auto& [cell, count] : harness::outcome_matrix(summary))
        outcome_counts[cell.substr(cell.find(": ") + 2)] += count;
    EXPECT_EQ(outcome_counts.size(), 3U);
    for (const auto* end : {"executed as executed", "failed as failed", "timed_out as timed_out"})
        EXPECT_GT(outcome_counts[end], 0) << end;
    EXPECT_EQ(platform.output().find("does not take"), std::string::npos) << platform.output();
    for (const auto* file : {"scenario.yaml", "loadsim.log", "summary.json"})
        EXPECT_THAT(harness::read_file(run.report() / file),
                    testing::Not(testing::AnyOf(testing::HasSubstr(secret), testing::HasSubstr(service_key))))
            << file;
}

INSTANTIATE_TEST_SUITE_P(observers, foreign, testing::ValuesIn(rows),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(foreign_platform, runs_with_the_unchanged_scenario) {
    const flottendienst platform;
    auto run = platform.run({});
    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err() << platform.output();
}

TEST(foreign_platform, matches_its_contract_in_a_probe) {
    const flottendienst platform;
    auto probe = platform.run_command("probe", {});
    EXPECT_EQ(probe.wait(60s), 0) << probe.out() << probe.err() << platform.output();
    EXPECT_THAT(probe.out(), testing::AllOf(testing::HasSubstr("✓ the API accepts the request with"),
                                            testing::HasSubstr("✓ its parameter is that of the request"),
                                            testing::Not(testing::HasSubstr("✗"))));
}

// One service has its own request, name and parameter; the other shares the contract's request.
const harness::arguments own_services{
    "load.services.hupe={as: LAUTE HUPE, weight: 2, method: PUT, path: '/hupen/{vin}?dauer={parameter.seconds}', body: "
    "'', "
    "accepted: [201], id: /hupe/auftrag, parameters: {seconds: {choose: {1: 2, 5: 1, 10: 1}}}, deadline: 12s}",
    "contract.command.parameters={degrees: /tun/grad, seconds: /tun/dauer}",
    "load.phases=[{name: steady, duration: 4s, arrivalRate: 15}]"};

TEST(foreign_platform, has_services_with_requests_names_and_parameters_of_their_own) {
    const flottendienst platform;
    auto run = platform.run(own_services);
    ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err() << platform.output()
                                << harness::read_file(run.report() / "anomalies.jsonl").substr(0, 4000);
    const auto summary = run.summary();
    EXPECT_EQ(number(summary, "/requests/due"), 60);
    std::map<std::string, std::int64_t> by_service;
    for (const auto& row : summary.at("services").as_array())
        by_service[std::string(row.at("name").as_string())] = row.at_pointer("/e2e/samples").to_number<std::int64_t>();
    EXPECT_EQ(by_service.size(), 2U);
    EXPECT_GT(by_service["climate"], 10);
    EXPECT_GT(by_service["hupe"], 10);
}

// The command has another duration than was requested.
TEST(foreign_platform, is_told_of_commands_with_other_parameters) {
    const flottendienst platform;
    auto settings = own_services;
    settings.push_back("load.services.hupe.path='/hupen/{vin}?dauer=7&statt={parameter.seconds}'");
    auto run = platform.run(settings);
    EXPECT_EQ(run.wait(60s), 99) << run.out() << run.err() << platform.output();
    EXPECT_GT(number(run.summary(), "/anomalies/command_wrong_parameters"), 10);
    EXPECT_THAT(harness::read_file(run.report() / "anomalies.jsonl"),
                testing::HasSubstr("the parameter seconds has '7' in the command, '"));
}

TEST(foreign_platform, gets_no_load_when_the_login_fails) {
    const flottendienst platform;
    ::setenv("FLOTTE_GEHEIMNIS", "falsch", 1);
    auto run = platform.run({});
    EXPECT_EQ(run.wait(60s), 3) << run.out();
    EXPECT_THAT(run.err(), testing::AllOf(testing::HasSubstr("log in"), testing::HasSubstr("401")));
}

// The MQTT driver replaces the platform and uses the same contract.
TEST(foreign_platform, can_be_replaced_by_the_mqtt_driver) {
    ::setenv("FLOTTE_DIENST", service_key, 1);
    ::setenv("FLOTTE_GEHEIMNIS", secret, 1);
    const harness::broker broker;
    harness::program run({"run",      scenario,
                          "--report", "report",
                          "--broker", broker.url(),
                          "--set",    "before=[]",
                          "--set",    "contract.request.headers={}", // its values come from the login
                          "--set",    "load.driver=mqtt",
                          "--set",    "load.mqtt.deadline=2s",
                          "--set",    "load.observers=[mqtt]",
                          "--set",    "load.lagLimit=5s",
                          "--set",    "load.drain=20s",
                          "--set",    "load.completionTimeout=15s",
                          "--set",    "budgets=['unexpected == 0', 'anomalies == 0']"});
    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err();
    EXPECT_EQ(number(run.summary(), "/requests/due"), 150);
}

} // namespace
