// Budgets of what a run costs.
#include <loadsim/verdict/budget.hpp>

#include <gmock/gmock.h>

#include <string>
#include <string_view>

using namespace loadsim;
using namespace loadsim::verdict;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// 2 USD for 1,000 requests: 0.001 for each request, and half an hour of 2. 10 vehicles.
measure::run_result run_of_two_dollars() {
    measure::run_result run;
    run.cost = measure::cost_of({.currency = "USD",
                                 .prices = {{.name = "API", .unit = measure::price_unit::request, .price = 0.001},
                                            {.name = "brokers", .unit = measure::price_unit::hour, .price = 2}}},
                                {.requests = 1'000, .duration = 30min, .vehicles = 10});
    return run;
}

budget_result cost_result(std::string_view text, const measure::run_result& run = run_of_two_dollars()) {
    return evaluate_budget(parse_budget(text).value(), run, {});
}

std::string cost_problem(std::string_view text) {
    const auto parsed = parse_budget(text);
    return parsed ? "" : parsed.error().list.front().text;
}

} // namespace

TEST(cost_budget, is_parsed) {
    const auto b = parse_budget("cost.per1000requests<0.02").value();
    EXPECT_EQ(b.metric_kind, budget::kind::cost);
    EXPECT_EQ(b.metric, "cost");
    EXPECT_EQ(b.stat, "per1000requests");
    EXPECT_DOUBLE_EQ(b.limit, 0.02);
    EXPECT_EQ(b.expression, "cost.per1000requests < 0.02");
}

TEST(cost_budget, says_what_is_wrong_with_it) {
    EXPECT_EQ(cost_problem("cost < 1"), "cost needs the name of a figure, such as cost.per1000requests");
    EXPECT_THAT(cost_problem("cost.per1000request < 1"), HasSubstr("'per1000requests'"));
    EXPECT_THAT(cost_problem("cots.total < 1"), HasSubstr("'cost'"));
    for (const auto* limit : {"1s", "5%", "-1", "0.02 USD", "nan", "inf"})
        EXPECT_THAT(cost_problem(std::string("cost.total < ") + limit), HasSubstr("is no amount")) << limit;
    EXPECT_THAT(cost_problem("cost{service=horn}.total < 1"), HasSubstr("cost has no labels"));
    EXPECT_THAT(cost_problem("cost.total < 0"), HasSubstr("never holds"));
}

TEST(cost_budget, compares_the_amount) {
    const auto total = cost_result("cost.total < 2.5");
    EXPECT_EQ(total.verdict, budget_verdict::pass);
    EXPECT_EQ(total.observed_text, "2 USD");
    EXPECT_EQ(total.unit, "currency");
    EXPECT_EQ(total.metric, "cost.total");
    EXPECT_EQ(total.samples, 1'000U);
    EXPECT_DOUBLE_EQ(total.observed.value(), 2);
    const auto each = cost_result("cost.per1000requests < 1.5");
    EXPECT_EQ(each.verdict, budget_verdict::fail);
    EXPECT_EQ(each.sentence, "cost.per1000requests < 1.5 missed by 0.5 (observed 2 in 1000 requests)");
    // 2 for 5 vehicle-hours, 729.6 of which are a month.
    EXPECT_DOUBLE_EQ(cost_result("cost.perVehicleMonth < 300").observed.value(), 0.4 * 729.6);
}

TEST(cost_budget, has_no_data_without_prices_or_requests) {
    EXPECT_EQ(cost_result("cost.total < 1", {}).verdict, budget_verdict::no_data);
    auto run = run_of_two_dollars();
    run.cost->requests = 0;
    EXPECT_EQ(cost_result("cost.per1000requests < 1", run).verdict, budget_verdict::no_data);
    EXPECT_EQ(cost_result("cost.total < 3", run).verdict, budget_verdict::pass);
}

TEST(cost_budget, is_of_the_whole_run) {
    auto b = parse_budget("cost.total < 1").value();
    EXPECT_TRUE(check(b, {}).empty());
    b.over = 60s;
    EXPECT_THAT(check(b, {}), ElementsAre(HasSubstr("the cost is that of the whole run")));
    b.over = 0s;
    b.abort_after = 30s;
    EXPECT_THAT(check(b, {}), ElementsAre(HasSubstr("the cost is that of the whole run")));
}
