#include "scenario_text.hpp"

#include <loadsim/scenario/run_estimate.hpp>

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::scenario;
using namespace std::chrono_literals;

namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const loadsim::target::machine_resources large{.open_files = 100'000};

scenario_config shown() {
    return read_valid(R"(
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

TEST(run_estimate, counts_arrivals_and_time) {
    const auto p = estimate_run(shown(), large);
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

TEST(run_estimate, counts_sessions_and_the_time_to_connect) {
    const auto p = estimate_run(shown(), large);
    EXPECT_EQ(p.requirements.sessions, 1000U);
    EXPECT_EQ(p.connect_time, 4s);
}

TEST(run_estimate, connects_no_faster_than_the_cores_make_handshakes) {
    auto d = shown();
    d.fleet.connect_rate = {2000};
    d.target.broker = net::endpoint{"mqtt", "10.0.0.7", 1883, ""};
    auto machine = large;
    machine.cores = 2;
    EXPECT_EQ(estimate_run(d, machine).connect_time, 500ms);
    d.target.broker->scheme = "mqtts";
    EXPECT_EQ(estimate_run(d, machine).connect_time, 2700ms);
}

TEST(run_estimate, distributes_sessions_by_the_open_file_limit) {
    const auto d = shown();
    const struct {
        std::uint64_t limit;
        std::optional<std::uint32_t> ranks;
        const char* why;
    } rows[] = {
        {1148, 1, "1,000 sessions, 128 of its own and both ends of 10 connections"},
        {1147, 2, "one too few"},
        {20'000, 1, "as here"},
        {200, {}, "hardly more than its own: no number of processes is enough"},
        {0, {}, "none at all"},
    };
    for (const auto& row : rows) EXPECT_EQ(estimate_run(d, {.open_files = row.limit}).ranks, row.ranks) << row.why;
    EXPECT_EQ(estimate_run(d, {}).ranks, std::nullopt) << "unknown is not guessed";
}

TEST(run_estimate, shows_spikes_as_phases) {
    const auto p = estimate_run(read_valid("name: t\nload: {phases: [{name: steady, duration: 60, arrivalRate: 10}]}\n"
                                           "conditions: [{spike: {at: 20s, for: 10s, factor: 40}}]\n"),
                                large);
    ASSERT_EQ(p.phases.size(), 3U);
    EXPECT_EQ(p.phases[1].name, "steady (spike)");
    EXPECT_EQ(p.phases[1].rates, "400/s");
    EXPECT_EQ(p.arrivals, 4500U);
}

TEST(run_estimate, prints_as_a_table) {
    const std::string load = "phase         start    duration      requests  rate\n"
                             "warm-up          0s         10s          1025  5/s -> 200/s\n"
                             "phase 2         10s          5s             0  pause\n"
                             "steady          15s          1m         12000  200/s\n"
                             "last          1m15s         10s            30  30 in all\n"
                             "all                       1m25s         13055\n"
                             "\n"
                             "sessions    1000, connecting in 4s\n";
    EXPECT_EQ(to_string(estimate_run(shown(), {.open_files = 1024})),
              load + "ranks       2, for 1024 open files each: loadsim run --ranks 2 ...\n"
                     "open files  712 a rank\n"
                     "            628 more in the embedded broker's process\n"
                     "ports       503 to each broker\n"
                     "memory      100 MiB, with the embedded broker's and the kernel's\n");
    EXPECT_THAT(to_string(estimate_run(shown(), large)), StartsWith(load + "ranks       1\nopen files  1148\n"));
    EXPECT_THAT(to_string(estimate_run(shown(), {.open_files = 100})),
                HasSubstr("ranks       no number is enough: 100 open files are too few"));
    EXPECT_THAT(to_string(estimate_run(shown(), {})), HasSubstr("ranks       unknown"));
}

TEST(run_estimate, behind_the_broker_api_has_neither_sessions_nor_ports) {
    const auto text = to_string(estimate_run(read_valid(minimal_scenario("fleet: {link: broker-api}")), large));
    EXPECT_THAT(text, HasSubstr("sessions    none: the vehicles are behind the broker's API\n"));
    EXPECT_THAT(text, Not(HasSubstr("ports")));
    EXPECT_THAT(text, Not(HasSubstr("embedded broker")));
}

TEST(run_estimate, says_how_much_telemetry_there_is) {
    const auto estimate = [](const std::string& more, const std::string& load = "") {
        return estimate_run(
            read_valid("name: t\nfleet:\n  vehicles: 1000\n  telemetry:\n    - {name: a, every: {parked: 10s}, topic: "
                       "'t/{vin}', payload: x}\n    - {name: b, every: {driving: 1s}, topic: 't/{vin}', payload: x}\n" +
                       more + "load: {phases: [{duration: 10, arrivalRate: 1" + load + "}]}\n"),
            large);
    };
    EXPECT_NEAR(estimate("").telemetry_messages_per_second, 100, 1e-6) << "without trips all vehicles are parked";
    EXPECT_NEAR(estimate("", ", telemetryRate: 2.5").telemetry_messages_per_second, 250, 1e-6);
    EXPECT_NEAR(estimate("  trips: {speed: 60}\n").telemetry_messages_per_second, 6000, 1e-6);
    EXPECT_NEAR(
        estimate("  alarms: [{name: c, rate: 36/h, topic: 't/{vin}', payload: x}]\n").telemetry_messages_per_second,
        110, 1e-6);
    const auto rush = estimate("  trips: {profile: commuters, start: \"07:45\"}\n").telemetry_messages_per_second;
    EXPECT_GT(rush, 150) << "some drive";
    EXPECT_LT(rush, 1000) << "not all";
    EXPECT_GE(estimate("").requirements.packets_per_second, 200U) << "PUBLISH and PUBACK";
    EXPECT_EQ(estimate("").store_bytes, 0U);
    EXPECT_EQ(estimate("  store: {bytes: 20kB}\n").store_bytes, 20'000'000U);
    EXPECT_EQ(estimate("  store: {totalBytes: 3MB}\n").store_bytes, 3'000'000U);
    EXPECT_THAT(to_string(estimate("  store: {bytes: 20kB}\n")), HasSubstr("telemetry   100 messages/s at most\n"));
    EXPECT_THAT(to_string(estimate("  store: {bytes: 20kB}\n")), HasSubstr("store       19"));
    EXPECT_THAT(to_string(estimate_run(shown(), large)), Not(HasSubstr("telemetry")));
}
