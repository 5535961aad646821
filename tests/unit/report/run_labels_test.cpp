// Labels and tags of a run, as given with --label and --tag.
#include "sample_run.hpp"

#include <loadsim/report/metrics.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/run_labels.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::report;
using testing::HasSubstr;

namespace {

std::string error_of(const std::vector<std::string>& texts) {
    const auto labels = parse_run_labels(texts);
    return labels ? std::string{} : to_string(labels.error());
}

} // namespace

TEST(run_labels, are_names_and_values_in_the_order_given) {
    const auto labels = parse_run_labels({"commit=4f3c2a1", "ci/job-id=7", "note=a = b", "empty="});
    ASSERT_TRUE(labels) << to_string(labels.error());
    EXPECT_THAT(*labels, testing::ElementsAre(std::pair("commit", "4f3c2a1"), std::pair("ci/job-id", "7"),
                                              std::pair("note", "a = b"), std::pair("empty", "")));
    EXPECT_TRUE(parse_run_labels({})->empty());
}

TEST(run_labels, that_are_wrong_are_named) {
    const struct {
        std::vector<std::string> texts;
        const char* said;
    } rows[] = {
        {{"main"}, "--label main: needs the form NAME=VALUE"},
        {{"=x"}, "--label =x: needs the form"},
        {{"my branch=x"}, "letters, digits and . _ / -"},
        {{"a=1", "a=2"}, "--label a=2: is there twice; a run has one value of 'a'"},
        {{"a=" + std::string(1001, 'x')}, "has a value of 1001 bytes; 1000 is the most"},
        {{"a=x\x1b[31m"}, "control characters"},
        {{"a=\xff"}, "invalid UTF-8"},
        {std::vector<std::string>(51, "a=1"), "51 labels; 50 is the most"},
    };
    for (const auto& row : rows) EXPECT_THAT(error_of(row.texts), HasSubstr(row.said));
    EXPECT_THAT(error_of({"x", "y"}), testing::AllOf(HasSubstr("--label x"), HasSubstr("--label y"))) << "all at once";
}

TEST(run_tags, are_keys_and_values_in_the_order_given) {
    const auto tags = parse_run_tags({"team=body", "cost-center=4711 a"}, {{"commit", "4f3c2a1"}});
    ASSERT_TRUE(tags) << to_string(tags.error());
    EXPECT_THAT(*tags, testing::ElementsAre(std::pair("team", "body"), std::pair("cost-center", "4711 a")));
}

TEST(run_tags, that_are_wrong_are_named) {
    const struct {
        std::vector<std::string> texts;
        const char* said;
    } rows[] = {
        {{"body"}, "--tag body: needs the form NAME=VALUE"},
        {{"a=1", "a=2"}, "--tag a=2: is there twice"},
        {{"commit=1"}, "--tag commit=1: has the key of a --label; leave one of the two out"},
        {{"phase=1"}, "has the key 'phase', which the metrics of loadsim have themselves; take another one"},
        {{"loadsim_verdict=1"}, "which the metrics of loadsim have themselves"},
        {{"_aws=1"}, "which the metrics of loadsim have themselves"},
        {{"a="}, "is no dimension of a metric: 1 to 250 printable ASCII characters"},
        {{"a= "}, "is no dimension of a metric"},
        {{"a=:b"}, "is no dimension of a metric"},
        {{"a=\xc3\xbc"}, "is no dimension of a metric"},
        {{"a=" + std::string(251, 'x')}, "is no dimension of a metric"},
        {std::vector<std::string>(21, "a=1"), "21 tags; 20 is the most"},
    };
    for (const auto& row : rows) {
        const auto tags = parse_run_tags(row.texts, {{"commit", "4f3c2a1"}});
        ASSERT_FALSE(tags) << row.said;
        EXPECT_THAT(to_string(tags.error()), HasSubstr(row.said));
    }
    EXPECT_THAT(to_string(parse_run_tags({"x"}, {}, "--run-tag").error()), HasSubstr("--run-tag x: needs"));
}

// A dimension that is there twice would hide one of the two.
TEST(run_tags, have_no_key_of_a_label_of_metrics) {
    const auto run = sample_run::run_with_telemetry();
    const auto evaluation = sample_run::missed_budget();
    const auto header = sample_run::header();
    for (const auto& family : metrics_of(header, {}, run.sum, sample_run::labels(), &evaluation)) {
        if (family.type == metric_type::info) continue; // not in EMF
        for (const auto& point : family.points)
            for (const auto& [name, value] : point.labels) EXPECT_FALSE(parse_run_tags({name + "=x"}, {})) << name;
    }
}
