#include "trip_motion.hpp"

#include "week_plan.hpp"

#include <gtest/gtest.h>

#include <cmath>

using namespace loadsim;
using namespace loadsim::telemetry;
using namespace std::chrono_literals;

namespace {

constexpr double lengths[] = {500, 601, 3000, 5999.5, 6000, 6001, 12'000, 14'001, 80'000, 400'000};

} // namespace

TEST(trip_motion, speed_adds_up_to_the_length) {
    for (const double length : lengths) {
        const trip_shape trip(length, {});
        constexpr double dt = 0.01;
        double sum = 0;
        double before = 0;
        bool stood = false;
        for (double t = dt / 2; t < trip.duration; t += dt) {
            const auto m = motion_at(trip, t, {42, vehicle_id{1}, 0, 0});
            sum += m.speed * dt;
            ASSERT_GE(m.distance, before);
            ASSERT_LE(std::abs(m.acceleration), 2.0001) << t;
            ASSERT_LE(m.speed, motorway_speed);
            ASSERT_NEAR(m.distance, sum, 0.5) << t;
            before = m.distance;
            stood |= m.speed == 0 && m.distance > 0;
        }
        EXPECT_NEAR(sum, length, 0.01 + length * 1e-6);
        EXPECT_TRUE(stood);
        EXPECT_EQ(motion_at(trip, trip.duration, {42, vehicle_id{1}, 0, 0}).distance, length);
        EXPECT_EQ(motion_at(trip, 0, {42, vehicle_id{1}, 0, 0}).distance, 0);
    }
}

TEST(trip_motion, speeds_differ_from_leg_to_leg_and_by_day) {
    const trip_shape trip(3000, {});
    const auto fastest = [&](double from, std::int64_t day) {
        double speed = 0;
        for (double t = from; t < from + trip.parts[0].leg_time; t += 0.5)
            speed = std::max(speed, motion_at(trip, t, {42, vehicle_id{1}, day, 0}).speed);
        return speed;
    };
    EXPECT_NE(fastest(0, 0), fastest(trip.parts[0].leg_time, 0));
    EXPECT_NE(fastest(0, 0), fastest(0, 1));
}

TEST(trip_motion, longer_trips_are_faster_and_take_longer) {
    double before = 0;
    for (double length = 500; length < 100'000; length += 37) {
        const trip_shape trip(length, {});
        ASSERT_GT(trip.duration, before) << length;
        before = trip.duration;
    }
    const trip_shape town(5'000, {}), motorway(80'000, {});
    EXPECT_GT(motorway.length / motorway.duration, 1.5 * town.length / town.duration);
    EXPECT_EQ(town.motorway_share(), 0);
    EXPECT_NEAR(motorway.motorway_share(), 74.0 / 80, 1e-9);
}

TEST(trip_motion, length_for_a_duration_is_the_longest_that_fits) {
    for (const auto duration : {nanoseconds{5min}, nanoseconds{40min}, nanoseconds{5h}}) {
        const double length = length_for(duration, {});
        EXPECT_LE(trip_shape(length, {}).duration, seconds(duration));
        EXPECT_GT(trip_shape(length * 1.05, {}).duration, seconds(duration));
    }
}
