// Exit code 2, usage error: all problems are reported at once, and nothing is started.
#include "program.hpp"
#include "scenario_builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

using harness::program;
using testing::AllOf;
using testing::HasSubstr;

namespace {

void expect_usage_error(program& run, const testing::Matcher<const std::string&>& expected_message) {
    EXPECT_EQ(run.wait(), 2) << run.out() << run.err();
    EXPECT_THAT(run.err(), expected_message);
    EXPECT_FALSE(exists(run.report())) << "nothing is opened";
    EXPECT_FALSE(exists(run.folder() / "reports"));
}

TEST(cli_usage, names_line_and_column_of_an_unknown_key_and_the_nearest_key) {
    auto run = program::run("name: x\nload:\n  phases: [{duration: 1s, arrivalRate: 1}]\nfleet:\n  vehicels: 7\n");
    expect_usage_error(run, AllOf(HasSubstr("scenario.yaml:5:3"), HasSubstr("vehicels"), HasSubstr("'vehicles'")));
}

TEST(cli_usage, reports_several_problems_at_once) {
    auto run =
        program::run("name: x\nseed: many\nload:\n  drain: 10\n  phases: [{duration: 1s, arrivalRate: 1}]\nbudgets:\n"
                     "  - e2f.p99 < 1s\n",
                     {"--set", "fleet.vehicles=none", "--broker", "http://nowhere"});
    expect_usage_error(run,
                       AllOf(HasSubstr("scenario.yaml:2:7"), HasSubstr("scenario.yaml:4:10"),
                             HasSubstr("scenario.yaml:7:5"), HasSubstr("--set fleet.vehicles"), HasSubstr("--broker")));
}

TEST(cli_usage, a_wrong_url_is_one_problem) {
    // Without an API the embedded backend would be used, which does not support a contract of one's own.
    auto run = program::run("name: x\nload:\n  phases: [{duration: 1s, arrivalRate: 1}]\n"
                            "contract:\n  request: {path: '/cars/{vin}/{service}'}\n",
                            {"--broker", "mqtt://127.0.0.1:1", "--api", "ftp://nowhere"});
    expect_usage_error(run, HasSubstr("--api"));
    EXPECT_EQ(std::ranges::count(run.err(), '\n'), 1) << run.err();
}

TEST(cli_usage, refuses_missing_scenarios_and_invalid_flags) {
    const std::string good = harness::scenario_builder{}.yaml();
    const struct {
        harness::arguments words;
        std::string said;
        const char* why;
    } rows[] = {
        {{"run", "nowhere.yaml"}, "nowhere.yaml: cannot be read", "a missing file"},
        {{"run", "."}, ".: cannot be read", "a folder"},
        {{"run"}, "scenario", "no file at all"},
        {{"run", "nowhere.yaml", "--fast"}, "--fast", "an unknown flag"},
        {{"run", "nowhere.yaml", "--shards", "0"}, "--shards", "a flag out of range"},
        {{"run", "nowhere.yaml", "--otlp", "nope"},
         "loadsim: --otlp: 'nope' is not a URL of a collector; write it as http://127.0.0.1:4318\n",
         "no URL"},
        {{"run", "nowhere.yaml", "--report", ""}, "--report: is empty; give it a value, or leave it out", "a variable"},
        {{"run", "nowhere.yaml", "--broker", ""}, "--broker: is empty", "not the embedded target instead"},
        {{"suite", "nowhere.yaml", "--out", ""}, "--out: is empty", "a folder of another name"},
        {{"merge", "a", "", "--out", "b"}, "is empty", "a positional argument"},
        {{"drive"}, "unknown command 'drive'; there are: run, ", "an unknown subcommand"},
        {{"validat", "nowhere.yaml"}, "unknown command 'validat'; did you mean 'validate'?", "a misspelled subcommand"},
        {{"show", "plans"}, "unknown command 'plans'; did you mean 'plan'?", "a misspelled subcommand of a subcommand"},
        {{"run", "nowhere.yaml", "--ser=x"}, "unknown option '--ser'; did you mean '--set'?", "a misspelled option"},
        {{"run", "nowhere.yaml", "-seed", "7"}, "unknown option '-seed'; did you mean '--seed'?", "one dash"},
        {{}, "subcommand", "no subcommand"},
        {{"validate", "nowhere.yaml"}, "nowhere.yaml", "validate, too"},
        {{"backend", "--broker", "carrier-pigeon://x"}, "--broker", "a URL of another kind"},
        {{"backend"}, "--broker", "a flag that must be there"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.why);
        program run(row.words);
        expect_usage_error(run, HasSubstr(row.said));
        EXPECT_NE(run.err(), "");
    }
    for (const auto& setting : {"load.drain", "=5", "load.phases[7].duration=1s", "load.drian=1s", "load.drain=5"}) {
        SCOPED_TRACE(setting);
        auto run = program::run(good, {"--set", setting});
        expect_usage_error(run, HasSubstr("--set"));
    }
}

TEST(cli_usage, validate_prints_the_estimate_and_opens_nothing) {
    harness::temporary_folder folder;
    const auto file = folder.write("good.yaml", harness::scenario_builder{}.yaml());
    program good({"validate", file.string()});
    EXPECT_EQ(good.wait(), 0) << good.err();
    EXPECT_THAT(good.out(), AllOf(HasSubstr("steady"), HasSubstr("40"), HasSubstr("open files")));
    EXPECT_FALSE(exists(good.folder() / "reports"));
    program schema(harness::arguments{"schema"});
    EXPECT_EQ(schema.wait(), 0);
    EXPECT_THAT(schema.out(), HasSubstr("https://json-schema.org/draft/2020-12/schema"));
    program version(harness::arguments{"--version"});
    EXPECT_EQ(version.wait(), 0);
}

} // namespace
