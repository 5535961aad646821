#include "given.hpp"

#include <loadsim/scenario/plan.hpp>

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;

namespace {

document shown() {
    return good(R"(
name: t
fleet:
  vehicles: 1000
  connectRate: 250
  segments:
    - {name: on, share: 80%}
    - {name: silent, share: 10%, behaviour: timeout}
    - {name: off, share: 10%, behaviour: offline}
load:
  http: {connections: 10}
  phases:
    - {name: warm-up, duration: 10, arrivalRate: 5, rampTo: 200}
    - {pause: 5}
    - {name: steady, duration: 1m, arrivalRate: 200}
    - {name: last, duration: 10, arrivalCount: 30}
)");
}

} // namespace

TEST(plan, counts_arrivals_and_time) {
    const auto p = plan_of(shown(), {100'000, 1'000'000});
    ASSERT_EQ(p.phases.size(), 4U);
    EXPECT_EQ(p.phases[0].arrivals, 1025U);
    EXPECT_EQ(p.phases[0].rates, "5/s -> 200/s");
    EXPECT_EQ(p.phases[1].arrivals, 0U);
    EXPECT_EQ(p.phases[1].rates, "pause");
    EXPECT_EQ(p.phases[1].start, 10s);
    EXPECT_EQ(p.phases[2].arrivals, 12'000U);
    EXPECT_EQ(p.phases[2].rates, "200/s");
    EXPECT_EQ(p.phases[2].start, 15s);
    EXPECT_EQ(p.phases[3].arrivals, 30U);
    EXPECT_EQ(p.phases[3].rates, "30 in all");
    EXPECT_EQ(p.arrivals, 13'055U);
    EXPECT_EQ(p.duration, 85s);
}

TEST(plan, counts_sessions_and_open_files) {
    auto d = shown();
    const auto embedded = plan_of(d, {100'000, 1'000'000});
    EXPECT_EQ(embedded.sessions, 1000U) << "those that are to be off line sign in too";
    EXPECT_EQ(embedded.connecting, 4s);
    EXPECT_EQ(embedded.open_files, 1000U + 2 * 10 + 128) << "both ends of each connection are here";
    EXPECT_EQ(embedded.broker_files, 1000U + 128);

    d.target.broker = net::endpoint{"mqtt", "b", 1883, ""};
    EXPECT_EQ(plan_of(d, {100'000, 1'000'000}).broker_files, 0U) << "not our process";
    d.target.api = net::endpoint{"http", "a", 80, ""};
    d.target.embedded = false;
    EXPECT_EQ(plan_of(d, {100'000, 1'000'000}).open_files, 1000U + 10 + 128);
    d.load.driver = drive::kind::mqtt;
    EXPECT_EQ(plan_of(d, {100'000, 1'000'000}).open_files, 1000U + 128);
}

TEST(plan, splits_sessions_by_the_open_file_limit) {
    const auto d = shown();
    const std::pair<std::uint64_t, std::uint32_t> rows[] = {{1148, 1},   {1147, 2},   {148 + 500, 2}, {148 + 499, 3},
                                                            {149, 1000}, {100, 1000}, {0, 1000}};
    for (const auto& [limit, hosts] : rows) EXPECT_EQ(plan_of(d, {limit, 1'000'000}).hosts, hosts) << limit;
}

TEST(plan, splits_sessions_by_the_source_ports) {
    EXPECT_EQ(plan_of(shown(), {1'000'000, 1000}).hosts, 1U);
    EXPECT_EQ(plan_of(shown(), {1'000'000, 999}).hosts, 2U);
    EXPECT_EQ(plan_of(shown(), {1'000'000, 0}).hosts, 1000U);
}

TEST(plan, prints_as_a_table) {
    EXPECT_EQ(to_string(plan_of(shown(), {1024, 1'000'000})),
              "phase         start    duration      requests  rate\n"
              "warm-up          0s         10s          1025  5/s -> 200/s\n"
              "phase 2         10s          5s             0  pause\n"
              "steady          15s          1m         12000  200/s\n"
              "last          1m15s         10s            30  30 in all\n"
              "all                       1m25s         13055\n"
              "\n"
              "sessions    1000, connecting in 4s\n"
              "open files  1148\n"
              "            1128 more in the embedded broker's process\n"
              "hosts       2, with 1024 open files and 1000000 source ports each\n");
}
