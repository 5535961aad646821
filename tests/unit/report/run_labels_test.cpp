// Labels of a run, as given with --label.
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
