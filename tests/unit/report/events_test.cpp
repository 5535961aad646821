#include "json_schema.hpp"
#include "sample_run.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/report/events.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace json = boost::json;
using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

event_lines sample_events() { return {sample_run::header(), sample_run::labels(), "reports/quickstart-1"}; }

std::vector<json::value> parsed(const std::string& lines) {
    EXPECT_TRUE(lines.empty() || lines.ends_with('\n')) << lines;
    std::vector<json::value> all;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) all.push_back(json::parse(line));
    return all;
}

std::string kind_of(const json::value& event) { return std::string(event.at("event").as_string()); }

json::object schema() {
    std::ifstream in(LOADSIM_ROOT "/docs/schema/events-1.schema.json");
    return json::parse(std::string(std::istreambuf_iterator<char>(in), {})).as_object();
}

/// Differences between an event and its part of the schema.
std::vector<std::string> errors_of(const json::value& event) {
    const json::object part{{"$ref", "#/$defs/" + kind_of(event)}, {"$defs", schema().at("$defs")}};
    return harness::schema_errors(part, event);
}

} // namespace

TEST(events, each_line_fits_the_schema) {
    const auto run = sample_run::run();
    auto events = sample_events();
    auto idle = sample_run::under_load(run.sum);
    idle.interval = {};
    idle.interval_s = 0;
    idle.current_stage = measure::stage::draining;
    const auto at = sample_run::header().started;
    const auto all = parsed(events.started() + events.progress(sample_run::under_load(run.sum)) +
                            events.progress(idle) + events.notice("the broker is started", at) +
                            events.finished(run, sample_run::missed_budget(), verdict::exit_code::missed) +
                            events.failed({"the broker is not reachable"}, verdict::exit_code::setup, at));
    std::vector<std::string> kinds;
    for (const auto& event : all) {
        kinds.push_back(kind_of(event));
        EXPECT_THAT(errors_of(event), IsEmpty()) << json::serialize(event);
    }
    EXPECT_THAT(kinds,
                ElementsAre("started", "phase", "progress", "phase", "progress", "notice", "finished", "failed"));
    EXPECT_EQ(schema().at("oneOf").as_array().size(), 6U) << "all kinds are in the schema";
}

TEST(events, a_phase_is_announced_when_it_begins) {
    const auto run = sample_run::run();
    auto events = sample_events();
    auto p = sample_run::under_load(run.sum);
    const auto kinds = [&events, &p] {
        std::vector<std::string> all;
        for (const auto& event : parsed(events.progress(p))) all.push_back(kind_of(event));
        return all;
    };
    p.phase = 0;
    EXPECT_THAT(kinds(), ElementsAre("phase", "progress"));
    EXPECT_THAT(kinds(), ElementsAre("progress"));
    p.phase = 1;
    EXPECT_THAT(kinds(), ElementsAre("phase", "progress"));
    p.current_stage = measure::stage::draining;
    EXPECT_THAT(kinds(), ElementsAre("phase", "progress"));
    p.current_stage = measure::stage::done;
    EXPECT_THAT(kinds(), IsEmpty()) << "finished() follows";
}

TEST(events, progress_has_the_figures_of_the_live_line) {
    const auto run = sample_run::run();
    auto events = sample_events();
    const auto event = parsed(events.progress(sample_run::under_load(run.sum))).back();
    EXPECT_EQ(event.at("at").as_string(), "2026-11-20T10:20:16.000Z") << "the start and 16 s";
    EXPECT_EQ(event.at("phase").as_string(), "steady");
    EXPECT_EQ(event.at("sent_rate_per_s").to_number<double>(), 198);
    EXPECT_EQ(event.at("target_rate_per_s").to_number<double>(), 200);
    EXPECT_EQ(event.at("unexpected").to_number<int>(), 1) << "since the start";
    EXPECT_NEAR(event.at("e2e_p99_ms").to_number<double>(), 380, 1);
}

TEST(events, the_last_one_has_verdict_and_budgets) {
    const auto event =
        parsed(sample_events().finished(sample_run::run(), sample_run::missed_budget(), verdict::exit_code::missed))
            .front();
    EXPECT_EQ(event.at("verdict").as_string(), "fail");
    EXPECT_EQ(event.at("exit_code").as_int64(), 99);
    EXPECT_EQ(event.at("budgets").as_array().size(), 4U);
    EXPECT_TRUE(event.at_pointer("/budgets/3/observed").is_null());
    EXPECT_EQ(event.at("report").as_string(), "reports/quickstart-1");
}

TEST(events, cannot_control_the_terminal) {
    const std::string text = "\x1b[2J \xc2\x9b"
                             "2J \x7f ü \xff";
    const auto line = sample_events().notice(text, {});
    EXPECT_EQ(printable_length(line, "\n"), line.size()) << line;
    EXPECT_EQ(parsed(line).front().at("text").as_string(), "\x1b[2J \xc2\x9b"
                                                           "2J \x7f ü \xef\xbf\xbd");
}
