// What a capacity search refuses, and how it ends when it cannot find a number.
#include "simulated_platform.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

using namespace loadsim;
using namespace loadsim::experiment;
using namespace std::chrono_literals;
using simulated::budgets;
using simulated::options;
using testing::HasSubstr;

namespace {

std::string refusal(capacity_options o, const std::vector<std::string>& expressions) {
    const auto search = capacity_search::plan(std::move(o), budgets(expressions), {});
    return search ? "" : to_string(search.error());
}

} // namespace

TEST(capacity_errors, budgets_that_steps_cannot_be_judged_by) {
    struct row {
        std::vector<std::string> expressions;
        std::string sentence;
    };
    const row rows[] = {
        {{}, "besides those that hold by default: add one, such as e2e.p99 < 1s"},
        {{"unexpected == 0", "anomalies == 0"}, "add one, such as e2e.p99 < 1s"},
        {{"recovery.time < 30s"}, "recovery.time < 30s is not judged: a step has no conditions"},
        {{"sessions.connect.p99 < 1s"}, "sessions stay up: none is opened in a step"},
        {{"e2e.count > 100"}, "a count from below depends on the length of a step"},
        {{"e2e{phase=steady}.p99 < 1s"},
         "is about a part of the load, and a capacity search judges whole steps: remove "
         "`phase=`, or the budget"},
    };
    for (const auto& r : rows) EXPECT_THAT(refusal(options(), r.expressions), HasSubstr(r.sentence));
    auto windows = budgets({"e2e.p99 < 1s"});
    windows.front().over = 10s;
    const auto search = capacity_search::plan(options(), windows, {});
    ASSERT_FALSE(search);
    EXPECT_THAT(to_string(search.error()), HasSubstr("remove `over`"));
}

TEST(capacity_errors, options_that_contradict_each_other) {
    struct row {
        std::function<void(capacity_options&)> change;
        std::string sentence;
    };
    const row rows[] = {
        {[](auto& o) { o.start = 0; }, "--start: the first load must be above 0"},
        {[](auto& o) { o.start = std::numeric_limits<double>::quiet_NaN(); }, "--start: "},
        {[](auto& o) { o.at_most = 50; }, "--at-most: the highest load is below the first one, 100/s"},
        {[](auto& o) { o.at_least = 1e6; }, "--at-least: the load that must hold is not between 0 and the highest one"},
        {[](auto& o) { o.precision = 0; }, "--precision: the precision must be between 0.1% and 100%"},
        {[](auto& o) { o.step_at_most = 1s; }, "--step-at-most: the longest step is shorter than 10s"},
        {[](auto& o) { o.total_at_most = 12s; }, "--total-at-most: the first step takes 15s, longer than the whole"},
        {[](auto& o) { o.metric = load_metric::vehicles, o.start = 1.5; }, "--start: vehicles are a whole number"},
    };
    for (const auto& r : rows) {
        auto o = options();
        r.change(o);
        EXPECT_THAT(refusal(o, {"e2e.p99 < 1s"}), HasSubstr(r.sentence));
    }
}

TEST(capacity_errors, a_percentile_that_needs_more_samples_than_the_longest_step_has) {
    auto o = options();
    o.start = 10;
    EXPECT_EQ(
        refusal(o, {"e2e.p99.99 < 2s"}),
        "budgets: e2e.p99.99 < 2s needs 47889 samples, which take 1h27m48s at 10/s; a step takes 2m at most: give "
        "--step-at-most 1h27m48s, a higher --start, or a lower percentile");
    o.sample_rates = {{.fixed = 0, .for_load = 0}};
    EXPECT_THAT(refusal(o, {"e2e.p99 < 2s"}), HasSubstr("e2e.p99 < 2s gets no samples at 10/s"));
}

TEST(capacity_errors, below_a_load_the_samples_do_not_suffice) {
    simulated::platform platform{.service_rate = 4};
    auto search = capacity_search::plan(options(), budgets({"e2e.p99 < 5s"}), {});
    ASSERT_TRUE(search);
    simulated::run(*search, platform);
    const auto result = search->result();
    EXPECT_EQ(result.end, search_end::too_few_samples);
    EXPECT_FALSE(result.highest_holding);
    EXPECT_GT(*result.lowest_broken, 4);
    EXPECT_THAT(result.sentence, HasSubstr("--step-at-most"));
    EXPECT_EQ(code_of(result), verdict::exit_code::invalid);
}

TEST(capacity_errors, a_budget_that_no_load_meets) {
    simulated::platform platform{.service_rate = 1e6, .fixed = 20ms};
    auto o = options();
    o.start = 800;
    auto search = capacity_search::plan(o, budgets({"e2e.p99 < 5ms"}), {});
    ASSERT_TRUE(search);
    const auto steps = simulated::run(*search, platform);
    EXPECT_EQ(steps.size(), 3) << "its value does not depend on the load";
    const auto result = search->result();
    EXPECT_EQ(result.end, search_end::no_load_holds);
    EXPECT_THAT(result.sentence, testing::StartsWith("no load meets e2e.p99 < 5ms: "));
    EXPECT_THAT(result.sentence, HasSubstr("at 200/s, as at twice and four times the load; give a higher limit"));
    EXPECT_EQ(code_of(result), verdict::exit_code::missed);
    EXPECT_EQ(result.steps.size(), 3) << "what was measured is kept";
}

TEST(capacity_errors, a_budget_without_data_ends_the_search) {
    simulated::platform platform{};
    auto search = capacity_search::plan(options(), budgets({"e2e.p99 < 50ms", "expiry.max < 1s"}), {});
    ASSERT_TRUE(search);
    EXPECT_EQ(simulated::run(*search, platform).size(), 1);
    const auto result = search->result();
    EXPECT_EQ(result.end, search_end::no_data);
    EXPECT_EQ(result.sentence,
              "expiry.max < 1s has no data at 100/s: remove the budget, or let the load have what it is about");
    EXPECT_EQ(code_of(result), verdict::exit_code::no_data);
}
