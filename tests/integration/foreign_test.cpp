// A platform that shares nothing with ours (foreign/, in Node.js), by scenarios/foreign-platform.yaml alone: with each way to see
// the end of a request, and with several at once.
#include "account.hpp"
#include "broker.hpp"
#include "child.hpp"
#include "program.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include <stdlib.h>

using namespace std::chrono_literals;
using stage::number;

namespace {

const std::string scenario = LOADSIM_ROOT "/scenarios/foreign-platform.yaml";
constexpr const char* door = "tor-42";
constexpr const char* secret = "sesam-43";

/// The observers that the scenario teaches, in use or commented out, by kind: "poll" -> "poll: {path: ..}".
std::map<std::string, std::string> taught() {
    std::istringstream lines(stage::contents(scenario));
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

/// The platform and its broker.
class flottendienst {
public:
    /// Says where its API is: "flottendienst listens on http://127.0.0.1:41234".
    flottendienst() {
        ::setenv("FLOTTE_DIENST", door, 1); // for the platform and for loadsim
        ::setenv("FLOTTE_GEHEIMNIS", secret, 1);
        platform_ = std::make_unique<stage::child>(std::vector<std::string>{
            "node", LOADSIM_ROOT "/tests/integration/foreign/main.js", "--broker", broker_.url()});
        stage::wait_until([&] { return platform_->said().ends_with('\n') || !platform_->running(); }, 20s);
        const auto said = platform_->said();
        const auto at = said.find("http://");
        EXPECT_NE(at, std::string::npos) << said;
        if (at != std::string::npos) api_ = said.substr(at, said.find('\n', at) - at);
    }

    stage::program run(stage::arguments settings) const {
        for (const auto* more : {"load.lagLimit=5s", "load.drain=20s", "load.unansweredAfter=15s",
                                 "budgets=['unexpected == 0', 'anomalies == 0', 'outcomes.errored == 0']"})
            settings.insert(settings.begin(), more);
        return ask("run", settings);
    }
    stage::program ask(const char* command, const stage::arguments& settings) const {
        stage::arguments words{command, scenario, "--report", "report", "--broker", broker_.url(), "--api", api_};
        for (const auto& setting : settings) words.insert(words.end(), {"--set", setting});
        return stage::program(words);
    }
    std::string said() const { return platform_->said(); }

private:
    stage::broker broker_;
    std::unique_ptr<stage::child> platform_;
    std::string api_;
};

struct row {
    const char* name;
    std::vector<std::string> observers;
    stage::arguments settings{};
};
void PrintTo(const row& r, std::ostream* out) { *out << r.name; }

const row rows[]{
    {"mqtt", {"mqtt"}},           {"webhook", {"webhook"}},
    {"poll", {"poll"}},           {"response", {"response"}, {"contract.request.path=/auftraege?warten=ja"}},
    {"none", {"none"}},           {"sse", {"sse"}},
    {"websocket", {"websocket"}}, {"several", {"mqtt", "webhook", "poll", "sse", "websocket"}},
};

class foreign : public testing::TestWithParam<row> {};

TEST_P(foreign, every_request_ends_as_its_vehicle_says) {
    const auto observers = taught();
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
    ASSERT_EQ(run.wait(60s), 0) << run.out() << run.err() << platform.said()
                                << stage::contents(run.report() / "anomalies.jsonl").substr(0, 4000);
    const auto summary = run.summary();
    stage::expect_sums_hold(summary);
    EXPECT_EQ(stage::text(summary, "/verdict"), "pass");
    EXPECT_EQ(number(summary, "/requests/due"), 60);
    std::map<std::string, std::int64_t> ends; // by what was expected and came
    for (const auto& [what, count] : stage::matrix(summary)) ends[what.substr(what.find(": ") + 2)] += count;
    EXPECT_EQ(ends.size(), 3U);
    for (const auto* end : {"executed as executed", "failed as failed", "timed_out as timed_out"})
        EXPECT_GT(ends[end], 0) << end;
    EXPECT_EQ(platform.said().find("does not take"), std::string::npos) << platform.said();
    for (const auto* file : {"scenario.yaml", "loadsim.log", "summary.json"})
        EXPECT_THAT(stage::contents(run.report() / file),
                    testing::Not(testing::AnyOf(testing::HasSubstr(secret), testing::HasSubstr(door))))
            << file;
}

INSTANTIATE_TEST_SUITE_P(observers, foreign, testing::ValuesIn(rows),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(foreign_platform, runs_as_the_scenario_stands) {
    const flottendienst platform;
    auto run = platform.run({});
    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err() << platform.said();
}

TEST(foreign_platform, fits_as_a_probe_says) {
    const flottendienst platform;
    auto probe = platform.ask("probe", {});
    EXPECT_EQ(probe.wait(60s), 0) << probe.out() << probe.err() << platform.said();
    EXPECT_THAT(probe.out(), testing::AllOf(testing::HasSubstr("✓ the API accepts the request with"),
                                            testing::Not(testing::HasSubstr("✗"))));
}

TEST(foreign_platform, is_left_alone_when_its_door_stays_shut) {
    const flottendienst platform;
    ::setenv("FLOTTE_GEHEIMNIS", "falsch", 1);
    auto run = platform.run({});
    EXPECT_EQ(run.wait(60s), 3) << run.out();
    EXPECT_THAT(run.err(), testing::AllOf(testing::HasSubstr("log in"), testing::HasSubstr("401")));
}

// A driver that takes the platform's place needs the same contract, and nobody who speaks it but the cars.
TEST(foreign_platform, can_be_played_by_loadsim) {
    ::setenv("FLOTTE_DIENST", door, 1);
    ::setenv("FLOTTE_GEHEIMNIS", secret, 1);
    const stage::broker broker;
    stage::program run({"run",      scenario,
                        "--report", "report",
                        "--broker", broker.url(),
                        "--set",    "before=[]",
                        "--set",    "contract.request.headers={}", // with what a login would have said
                        "--set",    "load.driver=mqtt",
                        "--set",    "load.mqtt.deadline=2s",
                        "--set",    "load.observers=[mqtt]",
                        "--set",    "load.lagLimit=5s",
                        "--set",    "load.drain=20s",
                        "--set",    "load.unansweredAfter=15s",
                        "--set",    "budgets=['unexpected == 0', 'anomalies == 0']"});
    EXPECT_EQ(run.wait(60s), 0) << run.out() << run.err();
    EXPECT_EQ(number(run.summary(), "/requests/due"), 150);
}

} // namespace
