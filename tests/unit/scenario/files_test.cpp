// The scenarios that ship.
#include "given.hpp"

#include <loadsim/scenario/plan.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;

namespace {

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}
const std::filesystem::path folder = std::filesystem::path(LOADSIM_ROOT) / "scenarios";
const loadsim::target::machine large{.open_files = 1'000'000};

} // namespace

TEST(scenario_files, are_read_without_a_problem_and_back) {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".yaml") continue;
        ++count;
        const auto d = good(text_of(entry.path()));
        EXPECT_EQ(d.name, entry.path().stem());
        const auto again = read(write(d), "written");
        ASSERT_TRUE(again) << to_string(again.error());
        EXPECT_EQ(*again, d) << entry.path();
    }
    EXPECT_GE(count, 2);
}

TEST(scenario_files, the_pilot_is_the_published_one) {
    const auto d = good(text_of(folder / "remote-services-pilot.yaml"));
    const auto p = plan_of(d, large);
    ASSERT_EQ(p.phases.size(), 3U);
    EXPECT_EQ(p.phases[0].arrivals, 360U);
    EXPECT_EQ(p.phases[1].arrivals, 15'750U);
    EXPECT_EQ(p.phases[2].arrivals, 1'080'000U);
    EXPECT_EQ(p.arrivals, 1'096'110U);
    EXPECT_EQ(p.duration, 3h + 7min);
    std::vector<std::string> budgets;
    for (const auto& b : d.budgets) budgets.push_back(b.expression);
    EXPECT_THAT(budgets, testing::ElementsAre("e2e.p50 < 400ms", "e2e.p99 < 1s", "unexpected == 0"));
    EXPECT_THAT(legend_of(d).services, testing::ElementsAre("horn", "light-flash"));

    const std::vector<setting> shorter{*parse_setting("load.phases[2].duration=60s")};
    EXPECT_EQ(plan_of(good(text_of(folder / "remote-services-pilot.yaml"), shorter), large).arrivals,
              360U + 15'750 + 6'000);
}

TEST(scenario_files, the_quickstart_has_everything_in_it) {
    const auto d = good(text_of(folder / "quickstart.yaml"));
    const auto p = plan_of(d, large);
    EXPECT_TRUE(d.target.embedded);
    EXPECT_EQ(p.needs.sessions, 2000U);
    EXPECT_EQ(p.duration, 30s);
    EXPECT_THAT(legend_of(d).behaviours, testing::UnorderedElementsAre("success", "failure", "timeout", "offline"));
    EXPECT_EQ(behaviour_of(d, "success"), vehicle::built_in_behaviours()[0]) << "as its comment says";
    for (const auto& s : d.target.backend.services)
        EXPECT_LT(std::max(s.limits.created, s.limits.pending), d.load.drain) << "silent vehicles end within the drain";
}

TEST(scenario_files, the_large_fleet_is_22_processes_of_20000_files) {
    const auto text = text_of(folder / "fleet-400k.yaml");
    const auto d = good(text);
    const auto p = plan_of(d, {.open_files = 20'000});
    EXPECT_EQ(p.needs.sessions, 400'000U);
    EXPECT_EQ(p.ranks, 22U) << "as its comment says";
    EXPECT_THAT(text, testing::HasSubstr("run --ranks 22 scenarios/fleet-400k.yaml"));
    EXPECT_TRUE(p.needs.own_broker);
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
