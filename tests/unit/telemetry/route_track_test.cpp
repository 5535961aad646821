#include "route_track.hpp"

#include "example_trips.hpp"

#include <gtest/gtest.h>

#include <cmath>

using namespace loadsim::telemetry;

namespace {

constexpr way_point munich{48.1372, 11.5755, 520};
constexpr way_point berlin{52.5200, 13.4050, 34};

} // namespace

TEST(distance, is_that_of_the_great_circle) {
    EXPECT_NEAR(distance(munich, berlin), 504'300, 500);
    EXPECT_NEAR(distance({0, 0, 0}, {0, 1, 0}), 111'195, 1);
    EXPECT_EQ(distance(munich, munich), 0);
}

TEST(route_track, with_different_ends_leads_back_over_the_same_points) {
    const auto line = example::routes()[0];
    const route_track track(line);
    double length = 0;
    for (std::size_t i = 1; i < line.size(); ++i) length += distance(line[i - 1], line[i]);
    EXPECT_NEAR(track.length(), 2 * length, 1e-6);
    EXPECT_NEAR(distance(track.at(length).point, line.back()), 0, 1e-3);
    for (const double x : {100.0, 2500.0, 9000.0}) {
        EXPECT_NEAR(distance(track.at(x).point, track.at(-x).point), 0, 1e-3);
        EXPECT_NEAR(distance(track.at(x).point, track.at(x + track.length()).point), 0, 1e-3);
        EXPECT_NEAR(std::remainder(track.at(x).heading - track.at(-x).heading - 180, 360.0), 0, 1e-6) << x;
    }
}

TEST(route_track, closed_is_as_long_as_its_points) {
    const auto line = example::routes()[1];
    const route_track track(line);
    double length = 0;
    for (std::size_t i = 1; i < line.size(); ++i) length += distance(line[i - 1], line[i]);
    EXPECT_NEAR(track.length(), length, 1e-6);
}

TEST(route_track, moves_by_the_distance_and_turns_gradually) {
    for (const auto& line : example::routes()) {
        const route_track track(line);
        auto before = track.at(0);
        for (double x = 1; x <= track.length() + 100; x += 1) {
            const auto now = track.at(x);
            const double moved = distance(before.point, now.point);
            ASSERT_LE(moved, 1.005) << x;
            if (now.heading == before.heading) {
                ASSERT_NEAR(moved, 1, 0.005) << x;
            }
            ASSERT_LE(std::abs(std::remainder(now.heading - before.heading, 360.0)), 1.81) << x;
            before = now;
        }
    }
}

TEST(route_track, heads_from_way_point_to_way_point) {
    const route_track square({{0, 0, 0}, {0.01, 0, 0}, {0.01, 0.01, 0}, {0, 0.01, 0}, {0, 0, 0}});
    const double side = square.length() / 4;
    const double headings[] = {0, 90, 180, 270};
    for (int i = 0; i < 4; ++i)
        EXPECT_NEAR(std::remainder(square.at((i + 0.5) * side).heading - headings[i], 360.0), 0, 1e-6);
    EXPECT_NEAR(square.at(side).heading, 45, 1) << "half of the turn";
}

TEST(route_track, crosses_the_180th_meridian_by_the_shorter_way) {
    const route_track track({{0, 179.9, 0}, {0, -179.9, 0}});
    ASSERT_NEAR(track.length(), 2 * 22'239, 1);
    const auto quarter = track.length() / 4;
    EXPECT_NEAR(track.at(quarter * 0.5).point.longitude, 179.95, 1e-6);
    EXPECT_NEAR(track.at(quarter * 1.5).point.longitude, -179.95, 1e-6);
    EXPECT_NEAR(track.at(quarter * 2.5).point.longitude, -179.95, 1e-6) << "on the way back";
    EXPECT_NEAR(track.at(quarter * 3.5).point.longitude, 179.95, 1e-6);
    EXPECT_NEAR(track.at(quarter * 0.5).heading, 90, 1e-6);
}
