// Metrics of a run: metrics.prom, the endpoint of --metrics, exports of --otlp, lines of report.emf.
#include "child_process.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "temporary_folder.hpp"

#include <loadsim/http/client.hpp>
#include <loadsim/http/server.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

#include <stdlib.h>

using namespace loadsim;
using namespace std::chrono_literals;
using harness::program;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string three_seconds() {
    harness::scenario_builder w;
    w.phases = "[{name: steady, duration: 3s, arrivalRate: 40}]";
    return w.yaml();
}

/// What promtool finds wrong with the file; empty: nothing. Without promtool as well: the unit tests know the rules of the format.
std::string promtool_findings(const std::filesystem::path& metrics) {
    if (find_program("promtool").empty()) return {};
    std::string output;
    const auto done =
        harness::run({.command = {"/bin/sh", "-c", "promtool check metrics < " + metrics.string() + " 2>&1"}}, output);
    return done.exit_code == 0 ? output : output + " (exit code " + std::to_string(done.exit_code) + ")";
}

/// Address of --metrics, once it is printed.
std::string endpoint_of(const program& run) { return harness::printed_after(run, "metrics are at "); }

std::string fetch(const std::string& url) {
    const auto base = net::parse_api_url(url.substr(0, url.find("/metrics")));
    if (!base) return {};
    const auto response = http::fetch({.base_urls = {*base}, .limits = {.body = 10'000'000}}, {.target = "/metrics"});
    return response && response->status == 200 ? response->body : std::string{};
}

/// Collector that records what it receives.
class collector {
public:
    explicit collector(unsigned status = 200)
        : server_(http::listener::start({.scheme = "http", .host = "127.0.0.1", .port = 0, .path = {}},
                                        {.limits = {.body = 10'000'000}},
                                        [this, status](const http::request_view& r) {
                                            const std::lock_guard lock(mutex_);
                                            targets_.emplace_back(r.target);
                                            tokens_.emplace_back(r.header("x-token"));
                                            bodies_.emplace_back(r.body);
                                            return http::server_response{.status = status, .body = "{}"};
                                        })
                      .value()) {}

    std::string url() const { return server_.url(); }
    std::vector<std::string> targets() const { return copy(targets_); }
    std::vector<std::string> tokens() const { return copy(tokens_); }
    std::vector<std::string> bodies() const { return copy(bodies_); }

private:
    std::vector<std::string> copy(const std::vector<std::string>& from) const {
        const std::lock_guard lock(mutex_);
        return from;
    }

    mutable std::mutex mutex_;
    std::vector<std::string> targets_, tokens_, bodies_;
    http::listener server_; // last: its thread uses the members above
};

} // namespace

TEST(metrics, are_in_the_folder_of_every_run) {
    auto run = program::run(harness::scenario_builder{}.yaml(), {"--quiet"});
    EXPECT_EQ(run.wait(), 0) << run.err();
    const auto file = run.report() / "metrics.prom";
    EXPECT_THAT(harness::read_file(file),
                AllOf(HasSubstr("loadsim_requests_due_total{phase=\"steady\"} 40\n"),
                      HasSubstr("loadsim_verdict{verdict=\"pass\"} 1\n"), HasSubstr("loadsim_sessions_planned 200\n")));
    EXPECT_EQ(promtool_findings(file), "");
}

TEST(metrics, are_served_while_the_run_is_in_progress) {
    auto run = program::run(three_seconds(), {"--metrics", "127.0.0.1:0"});
    const auto url = endpoint_of(run);
    std::string text;
    EXPECT_TRUE(harness::wait_until([&] {
        text = fetch(url);
        return text.find("loadsim_run_stage{stage=\"load\"} 1\n") != std::string::npos;
    })) << text;
    const auto file = run.folder() / "scraped.prom";
    std::ofstream(file) << text;
    EXPECT_EQ(promtool_findings(file), "");
    EXPECT_THAT(text, Not(HasSubstr("loadsim_verdict")));
    EXPECT_EQ(run.wait(), 0) << run.err();
}

TEST(metrics, at_an_address_that_is_taken_are_a_setup_failure) {
    const collector taken;
    const auto address = taken.url().substr(std::string_view("http://").size());
    auto run = program::run(harness::scenario_builder{}.yaml(), {"--metrics", address});
    EXPECT_EQ(run.wait(), 3) << run.out();
    EXPECT_THAT(run.err(), HasSubstr("--metrics " + address + ": the port is taken by another program"));
    EXPECT_FALSE(exists(run.report())) << "nothing was run";
    auto wrong = program::run(harness::scenario_builder{}.yaml(), {"--metrics", "everywhere"});
    EXPECT_EQ(wrong.wait(), 2) << wrong.out();
    EXPECT_THAT(wrong.err(), HasSubstr("--metrics: 'everywhere' is not an address to listen on"));
}

TEST(otlp, exports_reach_the_collector_with_the_headers_of_the_environment) {
    const collector to;
    ::setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-token=hunter2-7c1f", 1);
    auto run = program::run(three_seconds(), {"--otlp", to.url() + "/base"});
    EXPECT_EQ(run.wait(), 0) << run.err();
    ::unsetenv("OTEL_EXPORTER_OTLP_HEADERS");
    EXPECT_THAT(to.targets(), testing::Each("/base/v1/metrics"));
    EXPECT_THAT(to.tokens(), testing::Each("hunter2-7c1f"));
    const auto bodies = to.bodies();
    ASSERT_GE(bodies.size(), 2U) << "at the start and at the end";
    const auto last = boost::json::parse(bodies.back());
    EXPECT_EQ(harness::text(last, "/resourceMetrics/0/resource/attributes/0/value/stringValue"), "loadsim");
    EXPECT_THAT(bodies.back(), HasSubstr("\"loadsim_verdict\""));
    EXPECT_THAT(run.out() + run.err(), Not(HasSubstr("exports failed")));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(run.folder())) {
        if (!entry.is_regular_file()) continue;
        EXPECT_THAT(harness::read_file(entry.path()), Not(HasSubstr("hunter2-7c1f"))) << entry.path();
    }
}

TEST(otlp, a_collector_that_fails_changes_no_verdict) {
    const collector failing(503);
    auto run = program::run(harness::scenario_builder{}.yaml(), {"--otlp", failing.url()});
    EXPECT_EQ(run.wait(), 0) << run.err();
    EXPECT_THAT(run.out(), AllOf(HasSubstr("verdict   PASS"), HasSubstr("--otlp: " + failing.url() + ": status 503"),
                                 HasSubstr("exports failed; the last failure")));
    const auto nobody = "http://127.0.0.1:" + std::to_string(harness::free_port());
    auto alone = program::run(harness::scenario_builder{}.yaml(), {"--otlp", nobody});
    EXPECT_EQ(alone.wait(), 0) << alone.err();
    EXPECT_THAT(alone.out(), HasSubstr("exports failed; the last failure: " + nobody));
}

TEST(emf, lines_are_in_the_file_that_the_scenario_names) {
    auto run = program::run(three_seconds() + "report: {emf: {to: metrics.emf, interval: 1s}}\n");
    EXPECT_EQ(run.wait(), 0) << run.err();
    const auto lines = run.json_lines("metrics.emf");
    double sent_in_all = 0;
    for (const auto& line : lines) {
        EXPECT_TRUE(line.at_pointer("/_aws/Timestamp").is_int64());
        if (const auto* sent = line.as_object().if_contains("loadsim_requests_sent_total"))
            sent_in_all += sent->to_number<double>();
    }
    EXPECT_EQ(sent_in_all, harness::number(run.summary(), "/requests/sent")) << "the intervals add up";
}

TEST(emf, lines_on_standard_output_stand_alone) {
    auto run = program::run(harness::scenario_builder{}.yaml() + "report: {emf: stdout}\n", {"--quiet"});
    EXPECT_EQ(run.wait(), 0) << run.err();
    EXPECT_THAT(run.out(), testing::StartsWith("{\"_aws\":{\"Timestamp\":"));
    auto unwritable = program::run(harness::scenario_builder{}.yaml() + "report: {emf: no/such/folder}\n", {"--quiet"});
    EXPECT_EQ(unwritable.wait(), 0) << "the verdict is there";
    EXPECT_THAT(unwritable.err(), HasSubstr("no/such/folder: cannot be written; check report.emf.to"));
}
