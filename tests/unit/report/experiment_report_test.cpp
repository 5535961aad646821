// Reports of a capacity search and of variants: JSON, its schema and its documented sample, summaries, pages.
#include "json_schema.hpp"
#include "sample_experiment.hpp"

#include <loadsim/report/experiment_report.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace loadsim;
using namespace loadsim::report;
using harness::schema_errors;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace json = boost::json;

namespace {

std::string file_text(const std::filesystem::path& file) {
    std::ifstream in(std::filesystem::path(LOADSIM_ROOT) / file);
    EXPECT_TRUE(in) << file;
    return {std::istreambuf_iterator<char>(in), {}};
}

json::value schema_of(const std::string& name) {
    return json::parse(file_text("docs/schema/" + name + "-1.schema.json"));
}

std::string sample_capacity() { return capacity_json(sample_experiment::capacity(), sample_experiment::origin()); }
std::string sample_tune() { return tune_json(sample_experiment::variants(), sample_experiment::origin()); }

} // namespace

TEST(experiment_report, the_schemas_describe_the_files) {
    EXPECT_THAT(schema_errors(schema_of("capacity"), json::parse(sample_capacity())), IsEmpty());
    EXPECT_THAT(schema_errors(schema_of("capacity"), json::parse(capacity_json({}, {}))), IsEmpty())
        << "a search that was stopped before its first step ended";
    EXPECT_THAT(schema_errors(schema_of("tune"), json::parse(sample_tune())), IsEmpty());
    EXPECT_THAT(schema_errors(schema_of("tune"), json::parse(tune_json({}, {}))), IsEmpty());
}

TEST(experiment_report, a_difference_to_the_schema_is_noticed) {
    auto capacity = json::parse(sample_capacity());
    capacity.at("steps").at(0).get_object()["asked"] = 1;
    capacity.get_object()["end"] = "tired";
    EXPECT_THAT(
        schema_errors(schema_of("capacity"), capacity),
        testing::UnorderedElementsAre("/end: not one of the allowed values", "/steps/0: 'asked' is not allowed"));
}

TEST(experiment_report, the_tests_of_the_pages_use_what_the_program_writes) {
    EXPECT_EQ(sample_capacity(), file_text("tests/pages/experiments/capacity.json"));
    EXPECT_EQ(sample_tune(), file_text("tests/pages/experiments/tune.json"));
}

TEST(experiment_report, the_capacity_has_its_interval_budget_and_knee) {
    const auto written = json::parse(sample_capacity());
    EXPECT_EQ(written.at("capacity"), 400);
    EXPECT_EQ(written.at("lowest_broken_load"), 800);
    EXPECT_EQ(written.at("is_floor"), false);
    EXPECT_EQ(written.at("first_broken_budget"), "e2e.p99 < 200ms");
    EXPECT_EQ(written.at("knee").at("load"), 400);
    EXPECT_EQ(written.at("steps").as_array().size(), 5);
    EXPECT_EQ(written.at("steps").at(0).at("latency").at("e2e").at("samples"), 10'000);
    const auto empty = json::parse(capacity_json({}, {}));
    EXPECT_TRUE(empty.at("capacity").is_null());
    EXPECT_TRUE(empty.at("knee").is_null());
}

TEST(experiment_report, the_summary_of_a_capacity_search) {
    const auto text = capacity_summary(sample_experiment::capacity(), sample_experiment::origin());
    EXPECT_THAT(text, HasSubstr("quickstart  capacity by rate, seed 7, 2m05s elapsed\n\n"
                                "result    capacity 400/s: all budgets hold there, and 800/s misses e2e.p99 < 200ms\n"
                                "          asked for at least 300/s: it holds\n"
                                "knee      400/s: there latency over load bends most, p99 of e2e is "));
    EXPECT_THAT(text, HasSubstr("unjudged  recovery.time < 30s: a step has no conditions\n"));
    EXPECT_THAT(text, HasSubstr("\nsteps, latency of e2e\n"));
    EXPECT_THAT(text, HasSubstr("holds (as observed)"));
    EXPECT_THAT(text, HasSubstr("e2e.p99 < 200ms was missed <by far>"));
    EXPECT_THAT(capacity_summary({}, {}), HasSubstr("knee      -\n"));
}

TEST(experiment_report, the_summary_of_variants) {
    const auto text = tune_summary(sample_experiment::variants(), sample_experiment::origin());
    EXPECT_THAT(text, HasSubstr("quickstart  3 variants, seed 7, 2m05s elapsed\n"));
    EXPECT_THAT(text, HasSubstr("missed: unexpected == 0"));
    EXPECT_THAT(text, HasSubstr("cost (EUR/month)"));
    EXPECT_THAT(text, HasSubstr("155 ms (150 ms to 160 ms)"));
    EXPECT_THAT(text, HasSubstr("cheapest  medium has the lowest cost of those that meet the budgets\n"));
    EXPECT_THAT(text, HasSubstr("fastest   large <b> has the lowest p99 of e2e, in all 2 rounds\n"));
}

TEST(experiment_report, a_page_holds_its_data_and_loads_nothing) {
    for (const auto& document : {sample_capacity(), sample_tune()}) {
        const auto page = experiment_page(document);
        EXPECT_THAT(page, testing::StartsWith("<!DOCTYPE html>"));
        EXPECT_THAT(page, HasSubstr("default-src 'none'; script-src 'sha256-"));
        EXPECT_THAT(page, HasSubstr("connect-src 'none'"));
        EXPECT_THAT(page, Not(HasSubstr("<by far>"))) << "as markup";
        EXPECT_THAT(page, Not(HasSubstr("large <b>"))) << "as markup";
        for (const auto* placeholder : {"{{content_security_policy}}", "{{style}}", "{{data}}", "{{scripts}}"})
            EXPECT_THAT(page, Not(HasSubstr(placeholder)));
    }
}
