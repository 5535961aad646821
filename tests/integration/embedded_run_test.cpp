// Complete run: embedded target, all four behaviours, every file of the report.
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/measure/hdr_log.hpp>
#include <loadsim/scenario/read.hpp>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <sstream>
#include <string_view>

using namespace loadsim;
using harness::number;
using harness::program;

namespace {

harness::scenario_builder full_scenario() {
    harness::scenario_builder w;
    w.vehicles = 1000;
    w.segments = harness::mixed_segments;
    w.phases = "[{name: warm-up, duration: 1s, arrivalRate: 10, rampTo: 40}, {pause: 200ms},"
               " {name: steady, duration: 2s, arrivalRate: 30}]"; // 25 + 0 + 60
    w.budgets = "['unexpected == 0', 'e2e.count == 68', 'expiry.max < 900ms', 'anomalies == 0']";
    return w;
}

/// 25 + 60 requests, each to another vehicle, 68 of them to vehicles that respond.
const std::string& scenario() {
    static const std::string text = [] {
        for (auto w = full_scenario();; ++w.seed) {
            w = w.without_repeated_vehicles();
            const auto by = harness::requests_by_segment(w.yaml());
            if (by.size() == 4 && by.at("healthy") + by.at("stubborn") == 68) return w.yaml();
        }
    }();
    return text;
}

std::map<std::string, std::int64_t> expected_matrix() {
    const auto by = harness::requests_by_segment(scenario());
    return {{"healthy: executed as executed", by.at("healthy")},
            {"stubborn: failed as failed", by.at("stubborn")},
            {"silent: timed_out as timed_out", by.at("silent")},
            {"garage: timed_out as timed_out", by.at("garage")}};
}

std::map<std::string, std::int64_t> expected_phases() { return {{"warm-up", 25}, {"phase 2", 0}, {"steady", 60}}; }

std::map<std::string, std::int64_t> phases(const boost::json::value& summary) {
    std::map<std::string, std::int64_t> due;
    for (const auto& p : summary.at("phases").as_array()) due[harness::text(p, "/name")] = number(p, "/due");
    return due;
}

void expect_a_pass(program& run, std::int64_t shards) {
    ASSERT_EQ(run.wait(), 0) << run.out() << run.err();
    EXPECT_EQ(run.err(), "");
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(harness::text(summary, "/schema"), "loadsim.summary/2");
    EXPECT_EQ(harness::text(summary, "/verdict"), "pass");
    EXPECT_EQ(number(summary, "/exit_code"), 0);
    EXPECT_EQ(number(summary, "/requests/due"), 85);
    EXPECT_EQ(number(summary, "/requests/sent"), 85);
    EXPECT_EQ(number(summary, "/sessions/planned"), 1000);
    EXPECT_EQ(number(summary, "/sessions/online_peak"), 1000);
    for (const auto* part : {"connect", "tcp", "connack"})
        EXPECT_EQ(number(summary, "/sessions/" + std::string(part) + "/samples"), 1000) << part;
    EXPECT_TRUE(summary.at_pointer("/sessions/tls").is_null());
    EXPECT_EQ(number(summary, "/sessions/dropped"), 0);
    EXPECT_EQ(number(summary, "/generator/shards"), shards);
    EXPECT_EQ(harness::outcome_matrix(summary), expected_matrix());
    EXPECT_EQ(phases(summary), expected_phases());
    EXPECT_EQ(number(summary, "/latency/e2e/samples"), 68);
    EXPECT_EQ(number(summary, "/latency/platform/samples"), 68);
    EXPECT_EQ(number(summary, "/latency/expiry/samples"), 17);
    EXPECT_EQ(number(summary, "/latency/lag/samples"), 85);
}

void expect_a_whole_timeline(const program& run) {
    const auto summary = run.summary();
    const auto lines = run.json_lines("timeline.jsonl");
    ASSERT_GE(lines.size(), 4U) << "connecting, three seconds of load, a second of silence";
    std::int64_t due = 0;
    std::int64_t ended = 0;
    double covered_s = 0;
    int load_seconds = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto& line = lines[i];
        due += number(line, "/requests/due");
        ended += harness::sum_of_outcomes(line, "/requests/outcomes");
        const auto interval_s = line.at("interval_ms").to_number<double>() / 1e3;
        covered_s += interval_s;
        if (harness::text(line, "/stage") != "load") continue;
        EXPECT_NEAR(interval_s, 1, 0.3) << "a line for each second of the load: " << line;
        EXPECT_NEAR(line.at("load_elapsed_ms").to_number<double>(), static_cast<double>(++load_seconds) * 1e3, 300);
    }
    EXPECT_EQ(load_seconds, 3);
    EXPECT_EQ(harness::text(lines.back(), "/stage"), "done");
    EXPECT_EQ(due, 85);
    EXPECT_EQ(ended, 85);
    EXPECT_EQ(number(lines[lines.size() - 2], "/sessions/online"), 900) << "the offline ones have left by then";
    EXPECT_NEAR(covered_s * 1e3, summary.at("duration_ms").to_number<double>(), 200) << "and no moment is left out";
    EXPECT_NEAR(lines.back().at("elapsed_ms").to_number<double>(), summary.at("duration_ms").to_number<double>(), 200);
}

void expect_a_readable_hdr_log(const program& run) {
    const auto summary = run.summary();
    std::istringstream log(harness::read_file(run.report() / "latency.hlog"));
    std::map<std::string, measure::histogram> by_tag;
    double start_s = 0;                  // of the log, since 1970
    std::optional<double> first_begun_s; // begin of the first interval with a request
    for (std::string line; std::getline(log, line);) {
        constexpr std::string_view start_prefix = "#[StartTime: ";
        if (line.starts_with(start_prefix)) start_s = std::stod(line.substr(start_prefix.size()));
        if (!line.starts_with("Tag=")) continue; // the header
        if (!first_begun_s) first_begun_s = start_s + std::stod(line.substr(line.find(',') + 1));
        const auto tag = line.substr(4, line.find(',') - 4);
        const auto interval = measure::decode_v2(std::string_view(line).substr(line.rfind(',') + 1));
        ASSERT_TRUE(interval) << line << to_string(interval.error());
        by_tag[tag].merge(*interval);
    }
    const auto load_start = parse_iso_time(
        harness::text(boost::json::parse(harness::read_file(run.report() / "run.json")), "/load_started_at"));
    ASSERT_TRUE(load_start && first_begun_s);
    EXPECT_NEAR(*first_begun_s, std::chrono::duration<double>(load_start->time_since_epoch()).count(), 0.2)
        << "the set-up before the load is counted, too";
    for (const auto& hop : summary.at("latency").as_object()) {
        const auto& tag_histogram = by_tag[hop.key()];
        EXPECT_EQ(static_cast<std::int64_t>(tag_histogram.count()), number(hop.value(), "/samples")) << hop.key();
        if (tag_histogram.empty()) continue;
        EXPECT_NEAR(static_cast<double>(tag_histogram.percentile(50).count()) / 1e6,
                    hop.value().at("p50_ms").to_number<double>(), 0.01)
            << hop.key();
    }
}

TEST(embedded_run, passes_and_writes_the_whole_report) {
    auto run = program::run(scenario(), {"--shards", "1"});
    ASSERT_NO_FATAL_FAILURE(expect_a_pass(run, 1));
    expect_a_whole_timeline(run);
    expect_a_readable_hdr_log(run);
    EXPECT_EQ(run.json_lines("requests.jsonl").size(), 85U);
    EXPECT_EQ(run.unexpected_requests().size(), 0U);
    EXPECT_EQ(harness::read_file(run.report() / "anomalies.jsonl"), "");
    EXPECT_NE(harness::read_file(run.report() / "loadsim.log").find("verdict: pass, exit code 0"), std::string::npos);
    EXPECT_TRUE(exists(run.report() / "mosquitto.log"));
    EXPECT_NE(run.out().find("85"), std::string::npos) << "the console tells of the requests\n" << run.out();

    // The scenario in the report is the executed one, and running it again gives the same run.
    const auto resolved = harness::read_file(run.report() / "scenario.yaml");
    const auto read_back = scenario::read(resolved, "scenario.yaml");
    ASSERT_TRUE(read_back) << to_string(read_back.error());
    EXPECT_EQ(*read_back, scenario::read(scenario(), "").value());
    EXPECT_EQ(number(run.summary(), "/seed"), static_cast<std::int64_t>(read_back->seed));
    auto again = program::run(resolved, {"--shards", "1", "--quiet"});
    ASSERT_NO_FATAL_FAILURE(expect_a_pass(again, 1));
    EXPECT_EQ(again.out(), "") << "--quiet";
}

TEST(embedded_run, is_the_same_on_three_shards) {
    auto run = program::run(scenario(), {"--shards", "3"});
    expect_a_pass(run, 3);
    expect_a_whole_timeline(run);
}

TEST(embedded_run, accepts_maxVusers_below_the_number_of_shards) {
    harness::scenario_builder w;
    w.phases = "[{name: tight, duration: 1s, arrivalRate: 10, maxVusers: 2}]";
    auto run = program::run(w.yaml(), {"--shards", "3"});
    EXPECT_EQ(run.wait(), 0) << run.err();
}

TEST(embedded_run, waits_for_a_pause_at_the_end) {
    harness::scenario_builder w;
    w.vehicles = 20;
    w.phases = "[{name: one, duration: 100ms, arrivalCount: 1}, {pause: 2s}]";
    auto run = program::run(w.yaml());
    EXPECT_EQ(run.wait(), 0) << run.err();
    EXPECT_GE(run.summary().at("duration_ms").to_number<double>(), 2100);
}

TEST(embedded_run, a_password_shuts_the_broker_and_lets_our_own_sessions_in) {
    auto run = program::run(scenario(), {"--shards", "2", "--set", "target.embedded.password=sesame"});
    ASSERT_NO_FATAL_FAILURE(expect_a_pass(run, 2));
    EXPECT_NE(harness::read_file(run.report() / "mosquitto.conf").find("allow_anonymous false"), std::string::npos);
    EXPECT_EQ(harness::read_file(run.report() / "scenario.yaml").find("sesame"), std::string::npos);
}

TEST(embedded_run, applies_command_line_overrides) {
    auto run = program::run(scenario(), {"--seed", "4711", "--set", "load.phases[2].duration=1s", "--set",
                                         "fleet.vehicles=50", "--set", "budgets=[]"});
    EXPECT_EQ(run.wait(), 0) << run.err();
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    EXPECT_EQ(number(summary, "/seed"), 4711);
    EXPECT_EQ(number(summary, "/requests/due"), 55);
    EXPECT_EQ(number(summary, "/sessions/online_peak"), 50);
    const auto resolved = scenario::read(harness::read_file(run.report() / "scenario.yaml"), "").value();
    EXPECT_EQ(resolved.seed, 4711U);
    EXPECT_EQ(resolved.fleet.vehicles, 50U);
}

} // namespace
