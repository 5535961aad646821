// The table of metrics, and its text for Prometheus.
#include "sample_run.hpp"

#include <loadsim/report/metrics.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

std::vector<metric_family> sample_metrics(const measure::run_result& run) {
    static const auto evaluation = sample_run::missed_budget();
    const auto last = gauges_of(sample_run::under_load(run.sum));
    return metrics_of(sample_run::header(), gauges_of(run, last), run.sum, sample_run::labels(), &evaluation);
}

const metric_family& family_of(const std::vector<metric_family>& all, std::string_view name) {
    static const metric_family none{};
    const auto found = std::ranges::find(all, name, &metric_family::name);
    EXPECT_NE(found, all.end()) << name;
    return found != all.end() ? *found : none;
}

double metric_value(const std::vector<metric_family>& all, std::string_view name, const metric_labels& labels = {}) {
    const auto& points = family_of(all, name).points;
    const auto found = std::ranges::find(points, labels, &metric_point::labels);
    EXPECT_NE(found, points.end()) << name;
    return found != points.end() ? found->value : -1;
}

std::vector<std::string> prometheus_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

} // namespace

TEST(metrics, have_the_values_of_the_run) {
    const auto run = sample_run::run();
    const auto all = sample_metrics(run);
    EXPECT_EQ(metric_value(all, "loadsim_requests_due_total", {{"phase", "steady"}}), 50);
    EXPECT_EQ(metric_value(all, "loadsim_requests_ended_total", {{"service", "horn"}, {"outcome", "timed_out"}}), 9);
    EXPECT_EQ(metric_value(all, "loadsim_requests_ended_total", {{"service", "light"}, {"outcome", "failed"}}), 0)
        << "a series begins with the run: a rate needs its 0";
    EXPECT_EQ(metric_value(all, "loadsim_sessions_refused_total"), 2);
    EXPECT_EQ(metric_value(all, "loadsim_sessions_online"), 2000) << "of the last second";
    EXPECT_EQ(metric_value(all, "loadsim_vehicles", {{"state", "blocked"}}), 13);
    EXPECT_EQ(metric_value(all, "loadsim_mqtt_bytes_total", {{"direction", "sent"}}), 12'345);
    EXPECT_EQ(metric_value(all, "loadsim_anomalies_total", {{"anomaly", "completion_duplicated"}}), 3);
    EXPECT_EQ(metric_value(all, "loadsim_generator_cpu_seconds_total"), 3.25);
    EXPECT_EQ(metric_value(all, "loadsim_generator_shards"), 6);
    EXPECT_EQ(metric_value(all, "loadsim_run_elapsed_seconds"), 34.25);
    EXPECT_EQ(metric_value(all, "loadsim_run_stage", {{"stage", "done"}}), 1);
    EXPECT_EQ(metric_value(all, "loadsim_verdict", {{"verdict", "fail"}}), 1);
    EXPECT_EQ(metric_value(all, "loadsim_verdict", {{"verdict", "pass"}}), 0);
    EXPECT_EQ(metric_value(all, "loadsim_budgets", {{"verdict", "no data"}}), 1);
}

TEST(metrics, of_a_run_in_progress_have_no_verdict) {
    const auto run = sample_run::run();
    const auto p = sample_run::under_load(run.sum);
    const auto all = metrics_of(sample_run::header(), gauges_of(p), run.sum, sample_run::labels());
    EXPECT_EQ(std::ranges::count(all, "loadsim_verdict", &metric_family::name), 0);
    EXPECT_EQ(metric_value(all, "loadsim_run_stage", {{"stage", "load"}}), 1);
    EXPECT_EQ(metric_value(all, "loadsim_requests_in_flight"), 84);
    EXPECT_EQ(metric_value(all, "loadsim_target_requests_per_second"), 200);
}

TEST(metrics, have_what_became_of_telemetry_and_what_a_tap_found) {
    const auto run = sample_run::run_with_telemetry();
    const auto all = sample_metrics(run);
    const auto of_position = [&](const char* result) {
        return metric_value(all, "loadsim_telemetry_messages_total", {{"group", "position"}, {"result", result}});
    };
    EXPECT_EQ(of_position("due"), 1000);
    EXPECT_EQ(of_position("acknowledged"), 960);
    EXPECT_EQ(of_position("unacknowledged"), 10);
    EXPECT_EQ(of_position("overwritten"), 8);
    EXPECT_EQ(metric_value(all, "loadsim_telemetry_messages_total", {{"group", "tyre"}, {"result", "sent"}}), 3);
    EXPECT_EQ(metric_value(all, "loadsim_telemetry_payload_bytes_total", {{"group", "position"}}), 199'000);
    EXPECT_EQ(metric_value(all, "loadsim_telemetry_waiting"), 10) << "in the store at the end";
    EXPECT_EQ(family_of(all, "loadsim_telemetry_publish_seconds").points.size(), 2U) << "a series for each group";
    const auto found = [&](const char* result) {
        return metric_value(all, "loadsim_tap_messages_total", {{"tap", "kafka"}, {"result", result}});
    };
    EXPECT_EQ(found("matched"), 950);
    EXPECT_EQ(found("not_reconciled"), 3);
    EXPECT_EQ(found("unknown_vehicle"), 2) << "also records that belong to no group";
    EXPECT_EQ(found("consumed"), 965);
    const auto without = sample_run::run();
    for (const auto& family : sample_metrics(without))
        EXPECT_THAT(std::string(family.name), AllOf(Not(HasSubstr("telemetry")), Not(HasSubstr("_tap_"))));
}

TEST(metrics, of_telemetry_under_load_have_what_is_waiting) {
    const auto run = sample_run::run_with_telemetry();
    auto p = sample_run::under_load(run.sum);
    p.telemetry_waiting = 77;
    const auto all = metrics_of(sample_run::header(), gauges_of(p), run.sum, sample_run::labels());
    EXPECT_EQ(metric_value(all, "loadsim_telemetry_waiting"), 77);
}

TEST(metrics, have_names_as_prometheus_asks_for) {
    const auto run = sample_run::run_with_telemetry();
    std::set<std::string_view> seen;
    for (const auto& family : sample_metrics(run)) {
        SCOPED_TRACE(family.name);
        EXPECT_TRUE(seen.insert(family.name).second);
        EXPECT_TRUE(std::regex_match(std::string(family.name), std::regex("loadsim(_[a-z0-9]+)+")));
        EXPECT_EQ(family.type == metric_type::counter, family.name.ends_with("_total"));
        for (const auto suffix : {"_count", "_sum", "_bucket"}) EXPECT_FALSE(family.name.ends_with(suffix));
        const auto stem = family.name.ends_with("_total") ? family.name.substr(0, family.name.size() - 6) : family.name;
        EXPECT_EQ(family.unit == metric_unit::seconds, stem.ends_with("_seconds"));
        EXPECT_EQ(family.unit == metric_unit::bytes, stem.ends_with("_bytes"));
        EXPECT_EQ(family.unit == metric_unit::per_second, stem.ends_with("_per_second"));
        EXPECT_FALSE(family.help.empty() || family.help.ends_with('.'));
        EXPECT_EQ(family.help.find_first_of("\\\n"), std::string_view::npos) << "prometheus-cpp does not escape it";
        EXPECT_FALSE(family.points.empty());
    }
}

TEST(metrics, are_all_on_the_page_in_docs) {
    auto run = sample_run::run_with_telemetry();
    run.sum.loop_delay.record(1ms);
    run.sum.recoveries[{0, 0}].recovery_times.record(1s);
    std::set<std::string> written, documented;
    for (const auto& family : sample_metrics(run)) written.insert(std::string(family.name));
    std::ifstream page(std::filesystem::path(LOADSIM_ROOT) / "docs" / "metrics.md");
    const std::regex name("`(loadsim_[a-z0-9_]+)`");
    for (std::string line; std::getline(page, line);) {
        const auto row = line.substr(0, line.find('|', 1)); // metrics are in the first column of the table
        if (!line.starts_with("| `loadsim_")) continue;
        for (std::sregex_iterator i(row.begin(), row.end(), name), end; i != end; ++i) documented.insert((*i)[1]);
    }
    EXPECT_EQ(written, documented);
}

TEST(metrics, of_two_phases_of_one_name_are_one_series) {
    const auto run = sample_run::run();
    auto labels = sample_run::labels();
    labels.phases = {"steady", "steady"};
    const auto all = metrics_of(sample_run::header(), {}, run.sum, labels);
    const auto& due = family_of(all, "loadsim_requests_due_total");
    ASSERT_EQ(due.points.size(), 1U);
    EXPECT_EQ(due.points[0].value, 60);
}

TEST(metrics, count_a_request_once_whatever_conditions_it_had) {
    auto run = sample_run::run();
    const auto before = prometheus_text(sample_metrics(run));
    run.sum.latencies.record({measure::hop::e2e, {.service = 0, .phase = 1, .segment = 0, .condition = 0}}, 5ms);
    EXPECT_EQ(prometheus_text(sample_metrics(run)), before);
}

TEST(metric_buckets, have_no_sample_above_their_bound) {
    measure::histogram first, second;
    first.record(0ns);
    first.record(100us, 2); // a bound
    first.record(101us);
    second.record(10ms); // by the histogram up to 10.007 ms, and so above the bound of 10 ms
    second.record(300s); // above all bounds
    const auto all = bucketed({&first, &second});
    EXPECT_EQ(all.count, 6U);
    ASSERT_EQ(all.counts.size(), bucket_bounds.size() + 1);
    EXPECT_EQ(all.counts[0], 3U) << "0.0001";
    EXPECT_EQ(all.counts[1], 1U) << "0.00025";
    EXPECT_EQ(all.counts[7], 1U) << "0.025";
    EXPECT_EQ(all.counts.back(), 1U) << "+Inf";
    EXPECT_NEAR(all.sum_s, 300.0103, 0.3) << "0.1 % of the largest";
}

TEST(metric_buckets, have_a_sum_that_never_falls) {
    measure::histogram samples;
    double before = 0;
    for (int i = 0; i < 3000; ++i) {
        samples.record(std::chrono::microseconds(i % 7 == 0 ? 5'000'003 : 1 + i % 3));
        const auto now = bucketed({&samples}).sum_s;
        EXPECT_GE(now, before);
        before = now;
    }
}

TEST(prometheus, reads_a_text_of_these_lines) {
    const auto run = sample_run::run();
    const auto text = prometheus_text(sample_metrics(run));
    EXPECT_THAT(text, AllOf(HasSubstr("# HELP loadsim_requests_ended_total Requests that have ended, by outcome\n"
                                      "# TYPE loadsim_requests_ended_total counter\n"),
                            HasSubstr("loadsim_requests_ended_total{service=\"horn\",outcome=\"executed\"} 40\n"),
                            HasSubstr("# TYPE loadsim_latency_seconds histogram\n"),
                            HasSubstr("loadsim_latency_seconds_count{hop=\"e2e\",service=\"light\"} 10\n"),
                            HasSubstr("loadsim_latency_seconds_bucket{hop=\"e2e\",service=\"light\",le=\"0.5\"} 0\n"),
                            HasSubstr("loadsim_latency_seconds_bucket{hop=\"e2e\",service=\"light\",le=\"+Inf\"} 10\n"),
                            HasSubstr("loadsim_run_info{scenario=\"quickstart\",version=\"1.2.3\",seed=\"42\","
                                      "started=\"2026-11-20T10:20:00Z\"} 1\n")));
    EXPECT_THAT(text, Not(HasSubstr("exposer_")));
}

TEST(prometheus, gets_each_series_once_and_each_family_together) {
    const auto run = sample_run::run();
    const std::regex sample(R"rx(([a-z0-9_]+)(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? (\+Inf|[0-9.e+-]+))rx");
    std::set<std::string> series;
    std::string family;
    std::map<std::string, double> counts, infinite_buckets;
    for (const auto& line : prometheus_lines(prometheus_text(sample_metrics(run)))) {
        if (line.starts_with("# TYPE ")) family = line.substr(7, line.rfind(' ') - 7);
        if (line.starts_with("# ")) continue;
        std::smatch parts;
        ASSERT_TRUE(std::regex_match(line, parts, sample)) << line;
        EXPECT_TRUE(series.insert(parts[1].str() + parts[2].str()).second) << line;
        EXPECT_TRUE(parts[1].str().starts_with(family)) << line << " is below " << family;
        auto labels = parts[2].str();
        if (parts[1] == family + "_count") counts[family + labels] = std::stod(parts[4]);
        if (const auto le = labels.find("le=\"+Inf\""); le != std::string::npos) {
            labels.erase(le == 1 ? 0 : le - 1, le == 1 ? labels.size() : 10);
            infinite_buckets[family + labels] = std::stod(parts[4]);
        }
    }
    EXPECT_FALSE(counts.empty());
    EXPECT_EQ(counts, infinite_buckets);
}

TEST(prometheus, gets_label_values_escaped) {
    const auto run = sample_run::run();
    auto header = sample_run::header();
    header.scenario = "a\"b\\c\nd";
    EXPECT_THAT(prometheus_text(metrics_of(header, {}, run.sum, sample_run::labels())),
                HasSubstr(R"(scenario="a\"b\\c\nd")"));
}
