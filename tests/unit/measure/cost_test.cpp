// Cost of a run by unit prices.
#include <loadsim/base/message_steps.hpp>
#include <loadsim/measure/cost.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>

using namespace loadsim::measure;
using loadsim::message_steps;
using namespace std::chrono_literals;

namespace {

constexpr run_usage used{.requests = 200,
                         .messages_up = 3'000,
                         .messages_down = 400,
                         .bytes_up = 3'000'000'000,
                         .bytes_down = 500'000'000,
                         .connection_seconds = 90,
                         .duration = 30min,
                         .vehicles = 10};

double quantity(price_unit unit) {
    return cost_of({.currency = "USD", .prices = {{.name = "x", .unit = unit, .price = 2}}}, used).items.at(0).quantity;
}

} // namespace

TEST(cost, each_unit_has_its_quantity) {
    EXPECT_DOUBLE_EQ(quantity(price_unit::request), 200);
    EXPECT_DOUBLE_EQ(quantity(price_unit::message_up), 3'000);
    EXPECT_DOUBLE_EQ(quantity(price_unit::message_down), 400);
    EXPECT_DOUBLE_EQ(quantity(price_unit::connection_minute), 1.5);
    EXPECT_DOUBLE_EQ(quantity(price_unit::gigabyte), 3.5);
    EXPECT_DOUBLE_EQ(quantity(price_unit::gigabyte_up), 3);
    EXPECT_DOUBLE_EQ(quantity(price_unit::gigabyte_down), 0.5);
    EXPECT_DOUBLE_EQ(quantity(price_unit::hour), 0.5);
}

TEST(cost, is_the_sum_of_quantities_times_prices) {
    const auto cost = cost_of({.currency = "USD",
                               .prices = {{.name = "a", .unit = price_unit::request, .price = 0.01},
                                          {.name = "b", .unit = price_unit::hour, .price = 4}},
                               .fleet = 1'000},
                              used);
    EXPECT_DOUBLE_EQ(cost.items.at(0).amount, 2);
    EXPECT_DOUBLE_EQ(cost.items.at(1).amount, 2);
    EXPECT_DOUBLE_EQ(cost.total(), 4);
    EXPECT_DOUBLE_EQ(cost.per_1000_requests().value(), 20);
    // 4 for 10 vehicles in half an hour is 0.8 for a vehicle and hour.
    EXPECT_DOUBLE_EQ(cost.per_vehicle_month().value(), 0.8 * 30.4 * 24);
    EXPECT_DOUBLE_EQ(cost.fleet_month().value(), 0.8 * 30.4 * 24 * 1'000);
}

TEST(cost, has_no_figure_that_would_be_divided_by_nothing) {
    const auto cost = cost_of({.currency = "USD", .fleet = 5}, {});
    EXPECT_EQ(cost.per_1000_requests(), std::nullopt);
    EXPECT_EQ(cost.per_vehicle_month(), std::nullopt);
    EXPECT_EQ(cost.fleet_month(), std::nullopt);
    EXPECT_EQ(cost_of({.currency = "USD"}, used).fleet_month(), std::nullopt) << "no fleet is named";
}

TEST(cost, a_message_counts_once_for_each_started_step) {
    constexpr std::uint64_t step = 5'000;
    EXPECT_EQ(message_steps(0, step), 1U);
    EXPECT_EQ(message_steps(1, step), 1U);
    EXPECT_EQ(message_steps(5'000, step), 1U);
    EXPECT_EQ(message_steps(5'001, step), 2U);
    EXPECT_EQ(message_steps(10'000, step), 2U);
    EXPECT_EQ(message_steps(7, 0), 0U) << "not counted";
}

TEST(cost, of_two_runs_is_added) {
    const price_list list{.currency = "USD", .prices = {{.name = "a", .unit = price_unit::request, .price = 0.01}}};
    const auto one = cost_of(list, used);
    const auto sum = sum_of(one, one);
    ASSERT_TRUE(sum);
    EXPECT_DOUBLE_EQ(sum->total(), 2 * one.total());
    EXPECT_EQ(sum->requests, 400U);
    EXPECT_EQ(sum->per_vehicle_month(), one.per_vehicle_month());
    EXPECT_EQ(sum_of(one, std::nullopt), std::nullopt);
    auto dearer = list;
    dearer.prices[0].price = 0.02;
    EXPECT_EQ(sum_of(one, cost_of(dearer, used)), std::nullopt) << "of other prices";
    dearer = list;
    dearer.currency = "EUR";
    EXPECT_EQ(sum_of(one, cost_of(dearer, used)), std::nullopt);
}

// The recorded run reports/sample-quickstart: 300 requests, 984 messages up, 296 down, none above 5 kB, 134,706 bytes up and 37,400 down,
// 8.301899 s with 200 vehicles. At a connection time of 196 sessions for 8 s, by hand:
//   300 * 0.0000035                      = 0.00105
//   984 * 0.000001                       = 0.000984
//   296 * 0.000001                       = 0.000296
//   196 * 8 / 60 = 26.1333 * 0.00000008  = 0.0000020906667
//   0.000172106 GB * 0.09                = 0.00001548954
//   8.301899 / 3600 = 0.0023060831 * 0.5 = 0.0011530415
TEST(cost, of_the_quickstart_matches_a_calculation_by_hand) {
    const price_list list{.currency = "USD",
                          .prices = {{.name = "API requests", .unit = price_unit::request, .price = 0.0000035},
                                     {.name = "messages up", .unit = price_unit::message_up, .price = 0.000001},
                                     {.name = "messages down", .unit = price_unit::message_down, .price = 0.000001},
                                     {.name = "connections", .unit = price_unit::connection_minute, .price = 8e-8},
                                     {.name = "data transfer", .unit = price_unit::gigabyte, .price = 0.09},
                                     {.name = "brokers", .unit = price_unit::hour, .price = 0.5}},
                          .fleet = 24'500'000};
    const auto cost = cost_of(list, {.requests = 300,
                                     .messages_up = 984,
                                     .messages_down = 296,
                                     .bytes_up = 134'706,
                                     .bytes_down = 37'400,
                                     .connection_seconds = 196 * 8,
                                     .duration = 8'301'899us,
                                     .vehicles = 200});
    EXPECT_NEAR(cost.total(), 0.0035006217, 1e-10);
    EXPECT_NEAR(cost.per_1000_requests().value(), 0.011668739, 1e-9);
    // 0.0035006217 / (200 * 0.0023060831) * 729.6 = 0.0075899736 * 729.6
    EXPECT_NEAR(cost.per_vehicle_month().value(), 5.5376447, 1e-6);
    EXPECT_NEAR(cost.fleet_month().value(), 135'672'290, 50);
}
