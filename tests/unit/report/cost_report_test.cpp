// Cost of a run in its files and summaries.
#include "cost_report.hpp"
#include "sample_run.hpp"

#include <loadsim/report/comparison_report.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/summary_markdown.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace json = boost::json;
using namespace loadsim;
using namespace loadsim::report;
using testing::HasSubstr;
using testing::Not;

namespace {

measure::run_result run_with_cost() {
    auto run = sample_run::run();
    run.cost = sample_run::cost();
    return run;
}

json::value cost_summary() { return json::parse(summary_json(run_with_cost(), {}, sample_run::labels())).at("cost"); }

} // namespace

// 2,000 requests at 0.001, 5,000 messages at 0.0001, half an hour at 0.5: 2 + 0.5 + 0.25.
TEST(cost_report, has_items_total_and_what_follows_from_it) {
    const auto cost = cost_summary();
    EXPECT_EQ(cost.at("currency"), "EUR");
    EXPECT_EQ(cost.at("example"), "cloud-2026");
    EXPECT_EQ(cost.at_pointer("/items/1/name"), "up");
    EXPECT_EQ(cost.at_pointer("/items/1/unit"), "message_up");
    EXPECT_EQ(cost.at_pointer("/items/1/quantity").to_number<double>(), 5'000);
    EXPECT_DOUBLE_EQ(cost.at_pointer("/items/1/amount").to_number<double>(), 0.5);
    EXPECT_DOUBLE_EQ(cost.at("total").to_number<double>(), 2.75);
    EXPECT_DOUBLE_EQ(cost.at("per_1000_requests").to_number<double>(), 1.375);
    // 100 vehicles for half an hour; a month has 729.6 hours.
    EXPECT_DOUBLE_EQ(cost.at("vehicle_hours").to_number<double>(), 50);
    EXPECT_DOUBLE_EQ(cost.at("per_vehicle_month").to_number<double>(), 40.128);
    EXPECT_DOUBLE_EQ(cost.at("fleet_month").to_number<double>(), 40.128 * 24'500'000);
}

TEST(cost_report, is_null_without_prices) {
    EXPECT_TRUE(json::parse(summary_json(sample_run::run(), {}, sample_run::labels())).at("cost").is_null());
    EXPECT_EQ(cost_text(std::nullopt, {}), "");
    EXPECT_THAT(summary_markdown(sample_run::run(), {}, sample_run::labels()), Not(HasSubstr("| cost |")));
}

TEST(cost_report, is_read_as_it_was_written) {
    EXPECT_EQ(cost_of_json(cost_summary()), sample_run::cost());
    EXPECT_EQ(cost_of_json(nullptr), std::nullopt);
}

TEST(cost_report, is_a_section_of_the_summary) {
    const auto text = cost_text(sample_run::cost(), {});
    EXPECT_THAT(text,
                HasSubstr("cost      2.75 EUR, 1.375 EUR per 1,000 requests, 40.13 EUR per vehicle and month at this"));
    EXPECT_THAT(text, HasSubstr("983,136,000 EUR a month for 24,500,000 vehicles"));
    EXPECT_THAT(text, HasSubstr("prices: list prices of a cloud (cloud-2026), an example"));
    EXPECT_THAT(text, HasSubstr("API      2,000   x 0.001     2 EUR  per request\n"));
}

TEST(cost_report, is_a_table_of_the_markdown_summary) {
    const auto text = summary_markdown(run_with_cost(), {}, sample_run::labels());
    EXPECT_THAT(text, HasSubstr("| cost | quantity | unit | price | amount |"));
    EXPECT_THAT(text, HasSubstr("| `up` | 5,000 | message up | 0.0001 EUR | 0.5 EUR |"));
    EXPECT_THAT(text, HasSubstr("| **run** |  |  |  | 2.75 EUR |"));
}

TEST(cost_report, small_amounts_have_no_exponent) {
    EXPECT_EQ(money_text(0, "USD"), "0 USD");
    EXPECT_EQ(money_text(0.0000123456, "USD"), "0.00001235 USD");
    EXPECT_EQ(money_text(12.5, "USD"), "12.5 USD");
    EXPECT_EQ(money_text(1234.5678, "USD"), "1,235 USD");
    EXPECT_EQ(quantity_text(300), "300");
}

TEST(cost_report, of_two_runs_is_compared_in_a_note) {
    stored_run before{.path = "old", .result = run_with_cost(), .version = "1", .verdict = "pass"};
    auto after = before;
    after.path = "new";
    after.result.cost->requests = 1'600; // 2.75 EUR for fewer requests
    EXPECT_THAT(comparison_notes({.before = {before}, .after = {after}, .notes = {}}),
                testing::ElementsAre("1,000 requests cost 1.719 EUR, before 1.375 EUR (+25.0 %)"));
    after.result.cost->currency = "USD";
    EXPECT_TRUE(comparison_notes({.before = {before}, .after = {after}, .notes = {}}).empty());
    after.result.cost.reset();
    EXPECT_TRUE(comparison_notes({.before = {before}, .after = {after}, .notes = {}}).empty());
}
