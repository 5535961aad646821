// cost: unit prices of a scenario.
#include "example_prices.hpp"
#include "scenario_text.hpp"

#include <gmock/gmock.h>

#include <string>

using namespace loadsim;
using namespace loadsim::scenario;
using measure::price_unit;
using testing::AllOf;
using testing::HasSubstr;

namespace {

scenario_config with_cost(std::string_view cost) {
    return read_valid(minimal_scenario("cost: " + std::string(cost) + "\n"));
}

std::string cost_problems(std::string_view cost) {
    return problems_of(minimal_scenario("cost: " + std::string(cost) + "\n"));
}

} // namespace

TEST(read_cost, takes_each_unit) {
    const auto list = with_cost("{currency: EUR, fleet: 24500000, messageStep: 4kB, prices: [{name: a, perRequest: 1}, "
                                "{name: b, perMessageUp: 2}, {name: c, perMessageDown: 3}, "
                                "{name: d, perConnectionMinute: 4}, {name: e, perGB: 5}, {name: f, perGBUp: 6}, "
                                "{name: g, perGBDown: 7}, {name: h, perHour: 0.5}]}")
                          .cost.value();
    EXPECT_EQ(list.currency, "EUR");
    EXPECT_EQ(list.fleet, 24'500'000U);
    EXPECT_EQ(list.message_step, 4'000U);
    ASSERT_EQ(list.prices.size(), 8U);
    for (std::size_t i = 0; i < list.prices.size(); ++i) EXPECT_EQ(list.prices[i].unit, static_cast<price_unit>(i));
    EXPECT_EQ(list.prices[0].name, "a");
    EXPECT_DOUBLE_EQ(list.prices[7].price, 0.5);
}

TEST(read_cost, is_absent_by_default) {
    const auto made = read_valid(minimal_scenario(""));
    EXPECT_FALSE(made.cost);
    EXPECT_EQ(message_step_of(made), 0U) << "steps are not counted";
    EXPECT_EQ(message_step_of(with_cost("{currency: USD, prices: [{name: a, perHour: 1}]}")), 5'000U);
}

TEST(read_cost, takes_an_example) {
    const auto list = with_cost("{example: aws-iot-core-2026, fleet: 7}").cost.value();
    EXPECT_EQ(list.example, "aws-iot-core-2026");
    EXPECT_EQ(list.currency, "USD");
    EXPECT_EQ(list.fleet, 7U);
    EXPECT_EQ(list.prices.size(), 3U);
    EXPECT_THAT(list.description, AllOf(HasSubstr("eu-west-1"), HasSubstr("2026-09-20")));
}

TEST(read_cost, every_example_has_prices_a_currency_and_a_date) {
    ASSERT_FALSE(example_prices().empty());
    for (const auto& one : example_prices()) {
        EXPECT_FALSE(one.prices.empty()) << one.example;
        EXPECT_EQ(one.currency.size(), 3U) << one.example;
        EXPECT_THAT(one.description, testing::ContainsRegex("20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]")) << one.example;
    }
}

TEST(read_cost, says_what_is_wrong_and_what_to_do) {
    EXPECT_THAT(cost_problems("{prices: [{name: a, perHour: 1}]}"),
                AllOf(HasSubstr("f:3:"), HasSubstr("prices without a currency; write it beside them, such as")));
    EXPECT_THAT(cost_problems("{currency: dollar, prices: [{name: a, perHour: 1}]}"),
                HasSubstr("'dollar' is no currency; write its three letters, such as USD or EUR"));
    EXPECT_THAT(cost_problems("{currency: USD, prices: [{name: a, perHour: -1}]}"),
                AllOf(HasSubstr("f:3:"), HasSubstr("'-1' is not a number from 0")));
    EXPECT_THAT(cost_problems("{currency: USD, prices: [{name: a, perRequests: 1}]}"), HasSubstr("'perRequest'"));
    EXPECT_THAT(cost_problems("{currency: USD, prices: [{name: a}]}"),
                HasSubstr("a price has exactly one unit, and this has none: write one of perRequest, perMessageUp"));
    EXPECT_THAT(cost_problems("{currency: USD, prices: [{name: a, perGB: 1, perHour: 1}]}"), HasSubstr("has several"));
    EXPECT_THAT(cost_problems("{currency: USD, prices: [{name: a, perGB: 1}, {name: a, perHour: 1}]}"),
                HasSubstr("the price 'a' is there twice"));
    EXPECT_THAT(cost_problems("{currency: USD}"), HasSubstr("has no prices; write some"));
    EXPECT_THAT(cost_problems("{currency: USD, messageStep: 0, prices: [{name: a, perGB: 1}]}"),
                HasSubstr("'0' is no step of messages"));
    EXPECT_THAT(cost_problems("{example: aws-iot-core-2062}"),
                AllOf(HasSubstr("unknown example of prices 'aws-iot-core-2062'"), HasSubstr("aws-iot-core-2026")));
    EXPECT_THAT(cost_problems("{example: aws-iot-core-2026, currency: EUR}"),
                HasSubstr("an example has its own currency, prices and messageStep; leave them out"));
    EXPECT_THAT(cost_problems("{example: aws-iot-core-2026, fleet: 0}"), HasSubstr("0 is not between 1 and"));
}

TEST(read_cost, is_needed_by_a_budget_of_cost) {
    EXPECT_THAT(
        problems_of(minimal_scenario("budgets: [cost.per1000requests < 0.02]\n")),
        AllOf(HasSubstr("f:3:"), HasSubstr("cost.per1000requests has no data, as the scenario has no prices: give")));
    EXPECT_EQ(problems_of(minimal_scenario("cost: {example: aws-iot-core-2026}\n"
                                           "budgets: [cost.per1000requests < 0.02]\n")),
              "");
}

TEST(read_cost, per_gigabyte_needs_bytes_that_paho_does_not_tell) {
    const auto with_paho = [](const std::string& unit) {
        return problems_of(minimal_scenario("fleet: {vehicles: 10, client: paho}\ncost: {currency: USD, prices: "
                                            "[{name: a, " +
                                            unit + ": 1}]}\n"));
    };
    EXPECT_THAT(with_paho("perGB"), HasSubstr("a price per GB needs the bytes"));
    EXPECT_EQ(with_paho("perMessageUp"), "");
}

TEST(read_cost, is_written_as_it_was_read) {
    for (const auto* cost :
         {"{example: aws-iot-core-2026, fleet: 7}",
          "{currency: EUR, messageStep: 4kB, prices: [{name: a b, perConnectionMinute: 0.00000008}]}"}) {
        const auto made = with_cost(cost);
        EXPECT_EQ(read_valid(write(made)), made) << cost;
    }
}
