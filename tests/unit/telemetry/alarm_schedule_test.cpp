// Alarms: rate, distribution, seeds, shards, memory.
#include <loadsim/telemetry/alarm_schedule.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>
#include <vector>

using namespace loadsim;
using namespace loadsim::telemetry;
using namespace std::chrono_literals;

namespace {

const rate_factors constant_rate;

alarm_schedule hourly(std::uint32_t alarm, std::uint64_t seed, simulated_day day = {}, nanoseconds end = 24h) {
    return {rate{1.0 / 3600}, alarm, seed, constant_rate, day, end};
}

using alarm_instant =
    std::tuple<std::int64_t, std::uint32_t, std::uint32_t, std::uint32_t>; // due, vehicle, alarm, number

std::vector<alarm_instant> instants(const std::vector<alarm_schedule>& schedules, std::uint32_t vehicles,
                                    fleet_partition shard) {
    alarm_agenda agenda(schedules, vehicles, shard);
    std::vector<alarm_instant> all;
    while (const auto e = agenda.take(24h))
        all.emplace_back(e->message.fixed_point_due(), index(e->vehicle), e->alarm, e->message.sequence());
    return all;
}

} // namespace

TEST(alarm_schedule, has_the_rate_and_the_variance_of_a_poisson_process) {
    const auto schedule = hourly(0, 5);
    double sum = 0, squares = 0;
    constexpr std::uint32_t vehicles = 2'000;
    for (std::uint32_t v = 0; v < vehicles; ++v) {
        double n = 0;
        for (auto m = schedule.first(vehicle_id{v}); m.due() != nanoseconds::max(); m = schedule.next(m, vehicle_id{v}))
            ++n;
        sum += n;
        squares += n * n;
    }
    const double mean = sum / vehicles;
    EXPECT_NEAR(mean, 24, 0.5);
    EXPECT_NEAR(squares / vehicles - mean * mean, 24, 3) << "variance and mean are equal";
}

TEST(alarm_schedule, depends_on_seed_alarm_and_vehicle) {
    const auto due = hourly(0, 5).first(vehicle_id{1}).fixed_point_due();
    EXPECT_EQ(hourly(0, 5).first(vehicle_id{1}).fixed_point_due(), due);
    EXPECT_NE(hourly(0, 6).first(vehicle_id{1}).fixed_point_due(), due);
    EXPECT_NE(hourly(1, 5).first(vehicle_id{1}).fixed_point_due(), due);
    EXPECT_NE(hourly(0, 5).first(vehicle_id{2}).fixed_point_due(), due);
}

TEST(alarm_schedule, is_in_simulated_time) {
    const auto real = hourly(0, 5).first(vehicle_id{1}).due();
    EXPECT_NEAR(static_cast<double>(hourly(0, 5, {0s, 60}).first(vehicle_id{1}).due().count()),
                static_cast<double>(real.count()) / 60, 2);
}

TEST(alarm_agenda, is_in_order_and_the_same_on_any_shards) {
    const std::vector<alarm_schedule> schedules{hourly(0, 5), hourly(1, 5)};
    const auto whole = instants(schedules, 50, {0, 1});
    EXPECT_NEAR(static_cast<double>(whole.size()), 50 * 2 * 24, 200);
    EXPECT_TRUE(std::is_sorted(whole.begin(), whole.end()));
    std::vector<alarm_instant> together;
    for (std::uint32_t i = 0; i < 3; ++i)
        for (const auto& one : instants(schedules, 50, {i, 3})) together.push_back(one);
    std::sort(together.begin(), together.end());
    EXPECT_EQ(together, whole);
}

TEST(alarm_agenda, holds_only_vehicles_that_still_have_an_alarm) {
    const std::vector<alarm_schedule> rare{{rate{0.1 / 86400}, 0, 5, constant_rate, {}, 1h}};
    const alarm_agenda agenda(rare, 100'000, {0, 1});
    EXPECT_NEAR(static_cast<double>(agenda.size()), 100'000 * 0.1 / 24, 80);
}

TEST(alarm_agenda, takes_nothing_before_it_is_due) {
    const std::vector<alarm_schedule> schedules{hourly(0, 5)};
    alarm_agenda agenda(schedules, 1, {0, 1});
    const auto first = agenda.next();
    EXPECT_FALSE(agenda.take(first - 1ns));
    EXPECT_TRUE(agenda.take(first));
    EXPECT_GT(agenda.next(), first);
}
