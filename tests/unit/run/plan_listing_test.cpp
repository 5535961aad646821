// Plan listing: the same for any partitioning in due times, vehicles, services, resolved behaviours and condition
// windows.
#include <loadsim/run/plan_listing.hpp>

#include <loadsim/scenario/read.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

using namespace loadsim;

namespace {

constexpr auto planned_scenario = R"(
name: planned
seed: 4711
fleet:
  vehicles: 5000
  segments:
    - {name: healthy, share: 60%, behaviour: success}
    - {name: torn, share: 30%, behaviour: torn}
    - {name: late, share: 10%, behaviour: late-result}
behaviours:
  torn:
    steps:
      - {wait: {uniform: {min: 10ms, max: 50ms}}}
      - choose:
          - {weight: 3, steps: [ack, {wait: {lognormal: {median: 100ms, p99: 1s}}}, executed]}
          - {weight: 1, steps: [{failed: door_open}]}
conditions:
  - tunnel: {name: tunnel, share: 20%, at: 2s, every: 6s, jitter: 1s, for: {uniform: {min: 1s, max: 3s}}}
  - garage: {name: garage, segments: [torn], share: 50%, at: 5s, for: 4s}
load:
  spacing: poisson
  services: {horn: 2, light-flash: 1}
  phases:
    - {name: ramp, duration: 10s, arrivalRate: 1, rampTo: 300}
    - {name: steady, duration: 10s, arrivalRate: 200}
)";

/// Lines of all shards of all ranks, merged in order.
std::string ledger(const scenario::scenario_config& scenario, std::uint32_t ranks, std::uint32_t shards) {
    std::map<std::uint64_t, std::string> requests;
    std::map<std::uint32_t, std::string> windows;
    for (std::uint32_t r = 0; r < ranks; ++r)
        for (std::uint32_t s = 0; s < shards; ++s) {
            const auto partition = partition_of(r, ranks, s, shards);
            run::write_plan(scenario, partition, [&](arrival_id a, const std::string& line) {
                EXPECT_TRUE(requests.emplace(number(a), line).second) << "arrival " << number(a) << " is taken twice";
            });
            run::write_condition_windows(
                scenario, partition, [&](vehicle_id v, const std::string& line) { windows[index(v)] += line + "\n"; });
        }
    std::string all;
    for (const auto& [_, line] : requests) all += line + "\n";
    for (const auto& [_, lines] : windows) all += lines;
    return all;
}

scenario::scenario_config scenario_with(std::uint64_t seed) {
    auto d = scenario::read(planned_scenario, "planned.yaml").value();
    d.seed = seed;
    return d;
}

TEST(plan_listing, is_the_same_byte_for_byte_for_any_number_of_ranks_and_shards) {
    const auto scenario = scenario_with(4711);
    const auto one = ledger(scenario, 1, 1);
    EXPECT_EQ(std::ranges::count(one, '\n') > 3505, true) << "1,505 + 2,000 arrivals, and strikes";
    for (const auto& [ranks, shards] : {std::pair{1U, 2U}, {1U, 4U}, {2U, 1U}, {4U, 3U}, {22U, 1U}, {1U, 64U}})
        EXPECT_TRUE(ledger(scenario, ranks, shards) == one) << ranks << " ranks with " << shards << " shards";
}

TEST(plan_listing, shows_the_parameters_of_each_request) {
    const auto yaml =
        std::string("name: t\nload: {services: {horn: {parameters: {seconds: {uniform: {min: 1, max: 9999}}, "
                    "mode: {choose: [\"a\\tb\"]}}}}, phases: [{duration: 1s, arrivalCount: 3}]}\n");
    const auto lines = ledger(scenario::read(yaml, "t.yaml").value(), 1, 1);
    EXPECT_EQ(lines, ledger(scenario::read(yaml, "t.yaml").value(), 2, 2));
    EXPECT_THAT(lines, testing::ContainsRegex("\tseconds=[0-9]+, mode=a"));
    EXPECT_EQ(std::ranges::count(lines, '\t'), 3 * 9) << "a tab in a value is escaped";
}

TEST(plan_listing, shows_the_telemetry_of_the_segments) {
    const auto scenario = scenario::read("name: t\n"
                                         "fleet:\n"
                                         "  vehicles: 1000\n"
                                         "  telemetry: [{name: position, every: 10s, topic: 't/{vin}', payload: x}]\n"
                                         "  alarms: [{name: tyre, rate: 36/h, topic: 't/{vin}', payload: x}]\n"
                                         "  segments:\n"
                                         "    - {name: north, share: 50%, behaviour: success}\n"
                                         "    - {name: south, share: 50%, behaviour: success, telemetry: []}\n"
                                         "load: {phases: [{duration: 10, arrivalRate: 1, telemetryRate: 2}]}\n",
                                         "f")
                              .value();
    std::vector<std::string> lines;
    run::write_telemetry(scenario, [&](const std::string& line) { lines.push_back(line); });
    EXPECT_EQ(run::telemetry_header(), "telemetry\tsegments\tpeak_messages_per_s");
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_THAT(lines[0], testing::StartsWith("position\tnorth\t"));
    EXPECT_NEAR(std::stod(lines[0].substr(lines[0].rfind('\t') + 1)), 100, 20) << "of half of the fleet, about";
    EXPECT_EQ(lines[1], "tyre\tnorth, south\t10");
}

TEST(plan_listing, depends_on_the_seed) {
    EXPECT_TRUE(ledger(scenario_with(1), 1, 1) == ledger(scenario_with(1), 1, 1));
    EXPECT_FALSE(ledger(scenario_with(1), 1, 1) == ledger(scenario_with(2), 1, 1));
}

TEST(plan_listing, shows_the_resolved_steps_of_the_vehicle) {
    std::map<std::string, std::string> by_segment;
    run::write_plan(scenario_with(4711), {}, [&](arrival_id, const std::string& line) {
        for (const auto* segment : {"healthy", "torn", "late"})
            if (line.find(std::string("\t") + segment + "\t") != std::string::npos) by_segment[segment] += line + "\n";
    });
    EXPECT_THAT(by_segment["healthy"], testing::ContainsRegex("LZ9SMEV0.T.* success\t|\tsuccess\t"));
    EXPECT_THAT(by_segment["healthy"],
                testing::ContainsRegex("\texecuted\twait [0-9.]+[a-z]+[^;]*; ack; wait [^;]*; executed"));
    EXPECT_THAT(by_segment["torn"], testing::ContainsRegex("\tfailed\twait [^;]*; failed"));
    EXPECT_THAT(by_segment["torn"], testing::ContainsRegex("\texecuted\twait [^;]*; ack; wait [^;]*; executed"));
    EXPECT_THAT(by_segment["late"], testing::HasSubstr("\ttimed_out\t"));
}

} // namespace
