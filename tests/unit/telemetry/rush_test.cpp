// Share of the fleet that drives over the day.
#include "example_trips.hpp"

#include <loadsim/telemetry/vehicle_model.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

using namespace loadsim;
using namespace loadsim::telemetry;
using namespace std::chrono_literals;

namespace {

/// By hour of the day, the mean of samples each ten minutes.
std::array<double, 24> driving_by_hour(const vehicle_model& model, int day) {
    constexpr std::uint32_t vehicles = 1000;
    std::array<double, 24> driving{};
    for (std::size_t i = 0; i < 24 * 6; ++i)
        for (std::uint32_t v = 0; v < vehicles; ++v)
            if (model.state_at(vehicle_id{v}, 24h * day + 10min * i) == drive_state::driving)
                driving[i / 6] += 1.0 / 6 / vehicles;
    return driving;
}

} // namespace

TEST(rush, commuters_drive_from_7_to_9_and_from_16_to_19) {
    const vehicle_model model(example::commuters(), 42);
    for (const int day : {0, 4, 400}) { // 400: a Tuesday
        const auto driving = driving_by_hour(model, day);
        const double morning = (driving[7] + driving[8]) / 2;
        const double evening = (driving[16] + driving[17] + driving[18]) / 3;
        EXPECT_GT(morning, 0.08);
        EXPECT_GT(evening, 0.08);
        EXPECT_GE(std::ranges::max_element(driving) - driving.begin(), 7);
        for (const int hour : {0, 1, 2, 3, 4, 11, 12, 13, 22, 23})
            EXPECT_LT(driving[static_cast<std::size_t>(hour)], morning / 5) << hour;
        const double all = [&] {
            double sum = 0;
            for (const double d : driving) sum += d;
            return sum;
        }();
        EXPECT_GT(2 * morning + 3 * evening, 0.8 * all);
    }
}

TEST(rush, the_weekend_has_none) {
    const vehicle_model model(example::commuters(), 42);
    const auto driving = driving_by_hour(model, 5);
    EXPECT_LT(driving[7], 0.01);
    EXPECT_GT(driving[11], 0.03);
    EXPECT_LT(driving[17], 0.01);
}
