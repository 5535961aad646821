// State, changes of state, and the meaning of a seed.
#include "example_trips.hpp"

#include <loadsim/telemetry/vehicle_model.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>

using namespace loadsim;
using namespace loadsim::telemetry;
using namespace std::chrono_literals;
using testing::DoubleNear;

namespace {

using name = loadsim::telemetry::signal;

/// Finds each change by next_state_change(); states in between are constant.
void expect_constant_between_changes(const vehicle_model& model, vehicle_id vehicle, nanoseconds from,
                                     nanoseconds until) {
    auto t = from;
    while (t < until) {
        const auto next = model.next_state_change(vehicle, t);
        ASSERT_GT(next, t);
        const auto state = model.state_at(vehicle, t);
        for (auto between = t; between < std::min(next, until); between += 47s)
            ASSERT_EQ(model.state_at(vehicle, between), state) << format_duration(between);
        if (next == nanoseconds::max()) return;
        ASSERT_EQ(model.state_at(vehicle, next - 1ns), state) << format_duration(next);
        ASSERT_NE(model.state_at(vehicle, next), state) << format_duration(next);
        t = next;
    }
}

double distance_driven(const vehicle_model& model, vehicle_id v, nanoseconds from, nanoseconds until) {
    return model.signals_at(v, until)[name::traveled_distance] - model.signals_at(v, from)[name::traveled_distance];
}

} // namespace

TEST(vehicle_model, next_state_change_is_where_the_state_changes) {
    for (const auto& options : {example::commuters(), example::deliveries(), example::night_shift()}) {
        const vehicle_model model(options, 7);
        for (std::uint32_t v = 0; v < 20; ++v) {
            expect_constant_between_changes(model, vehicle_id{v}, 0h, 3 * 24h);
            expect_constant_between_changes(model, vehicle_id{v}, 24h * 400, 24h * 401);
        }
    }
}

TEST(vehicle_model, trips_of_a_vehicle_do_not_overlap) {
    // Between two trips there is time for doors and a charge; so each trip is one period of driving with its own length.
    const vehicle_model model(example::deliveries(), 7);
    for (std::uint32_t v = 0; v < 50; ++v) {
        int trips = 0;
        for (auto t = model.next_state_change(vehicle_id{v}, 0h); t < 24h;
             t = model.next_state_change(vehicle_id{v}, t))
            if (model.state_at(vehicle_id{v}, t) == drive_state::driving) ++trips;
        EXPECT_EQ(trips, 8);
    }
}

TEST(vehicle_model, values_depend_on_seed_vehicle_and_time_alone) {
    const vehicle_model model(example::commuters(), 7), again(example::commuters(), 7), other(example::commuters(), 8);
    std::vector<std::pair<vehicle_id, nanoseconds>> asked;
    for (std::uint32_t i = 0; i < 500; ++i)
        asked.emplace_back(vehicle_id{i * 7919 % 100}, nanoseconds{24h * 7} * i / 500);
    std::vector<signal_values> values;
    for (const auto& [v, t] : asked) values.push_back(model.signals_at(v, t));
    int differ = 0;
    for (std::size_t i = asked.size(); i-- > 0;) {
        EXPECT_EQ(again.signals_at(asked[i].first, asked[i].second), values[i]);
        differ += other.signals_at(asked[i].first, asked[i].second) == values[i] ? 0 : 1;
    }
    EXPECT_EQ(differ, 500);
}

TEST(vehicle_model, every_week_has_the_same_distance) {
    const vehicle_model model(example::commuters(), 7);
    for (std::uint32_t v = 0; v < 50; ++v) {
        const auto week = 7 * 24h;
        const double first = distance_driven(model, vehicle_id{v}, 4h, 4h + week);
        EXPECT_NEAR(distance_driven(model, vehicle_id{v}, 4h + 57 * week, 4h + 58 * week), first, 1e-3);
    }
}

TEST(vehicle_model, a_vehicle_is_at_home_and_charged_at_the_begin_of_each_day) {
    const vehicle_model model(example::deliveries(), 7);
    for (std::uint32_t v = 0; v < 50; ++v) {
        const auto first = model.signals_at(vehicle_id{v}, 4h);
        for (const int day : {1, 2, 5, 6, 400}) {
            const auto later = model.signals_at(vehicle_id{v}, 4h + 24h * day);
            EXPECT_THAT(later[name::latitude], DoubleNear(first[name::latitude], 1e-9));
            EXPECT_THAT(later[name::longitude], DoubleNear(first[name::longitude], 1e-9));
            EXPECT_THAT(later[name::state_of_charge], DoubleNear(first[name::state_of_charge], 1e-9));
        }
    }
}

TEST(vehicle_model, charges_between_trips_when_the_day_is_long) {
    const vehicle_model model(example::deliveries(), 7);
    int between = 0;
    double least = 100;
    for (std::uint32_t v = 0; v < 100; ++v) {
        int charges = 0;
        for (auto t = model.next_state_change(vehicle_id{v}, 4h); t < 28h;
             t = model.next_state_change(vehicle_id{v}, t)) {
            least = std::min(least, model.signals_at(vehicle_id{v}, t)[name::state_of_charge]);
            if (model.state_at(vehicle_id{v}, t) == drive_state::charging) ++charges;
        }
        EXPECT_GE(charges, 1);
        if (charges > 1) ++between;
    }
    EXPECT_GT(between, 10);
    EXPECT_LT(least, 30);
    EXPECT_GE(least, 10);
}

TEST(vehicle_model, a_share_of_the_fleet_drives_on_each_weekday) {
    const vehicle_model model(example::commuters(), 7);
    for (int day = 0; day < 7; ++day) {
        int drive = 0;
        for (std::uint32_t v = 0; v < 1000; ++v)
            if (distance_driven(model, vehicle_id{v}, 24h * day + 4h, 24h * day + 28h) > 0) ++drive;
        EXPECT_NEAR(drive, day < 5 ? 900 : 500, 50) << "day " << day;
    }
}

TEST(vehicle_model, lengths_have_the_median_and_the_p99_of_the_options) {
    auto options = example::commuters();
    options.round_trips = {{.departure = 7h, .departure_back = 17h, .length = {10'000, 40'000}}};
    const vehicle_model model(options, 7);
    std::vector<double> driven;
    for (std::uint32_t v = 0; v < 20'000; ++v) driven.push_back(distance_driven(model, vehicle_id{v}, 3h, 27h) / 2);
    std::ranges::sort(driven);
    EXPECT_NEAR(driven[10'000], 10'000, 300);
    EXPECT_NEAR(driven[19'800], 40'000, 2'500);
}

TEST(vehicle_model, without_round_trips_all_vehicles_are_parked) {
    trip_options options;
    options.routes = example::routes();
    const vehicle_model model(options, 7);
    for (const auto t : {nanoseconds{0h}, nanoseconds{8h}, nanoseconds{24h * 400}}) {
        EXPECT_EQ(model.state_at(vehicle_id{3}, t), drive_state::parked);
        EXPECT_EQ(model.next_state_change(vehicle_id{3}, t), nanoseconds::max());
        EXPECT_EQ(model.signals_at(vehicle_id{3}, t)[name::speed], 0);
    }
}

TEST(vehicle_model, doors_open_shortly_before_a_departure_and_after_an_arrival) {
    const vehicle_model model(example::commuters(), 7);
    const vehicle_id vehicle{1};
    const auto departure = model.next_state_change(vehicle, 4h);
    ASSERT_EQ(model.state_at(vehicle, departure), drive_state::driving);
    const auto arrival = model.next_state_change(vehicle, departure);
    const auto text = [&](nanoseconds t, name s) {
        std::string out;
        append(model.signals_at(vehicle, t), s, out);
        return out;
    };
    EXPECT_EQ(text(departure - 50s, name::driver_door_open), "true");
    EXPECT_EQ(text(departure - 50s, name::driver_door_locked), "false");
    EXPECT_EQ(text(departure - 50s, name::low_voltage_state), "ACC");
    EXPECT_EQ(text(departure - 10s, name::driver_door_open), "false");
    EXPECT_EQ(text(departure - 10s, name::low_voltage_state), "ON");
    EXPECT_EQ(text(departure + 10s, name::driver_door_locked), "true");
    EXPECT_EQ(text(departure + 10s, name::is_moving), "true");
    EXPECT_EQ(text(arrival + 30s, name::driver_door_open), "true");
    EXPECT_EQ(text(arrival + 30s, name::low_voltage_state), "OFF");
    EXPECT_EQ(text(arrival + 70s, name::driver_door_locked), "true");
    EXPECT_EQ(text(arrival + 70s, name::low_voltage_state), "LOCK");
}

// A change of these values changes the meaning of every recorded seed.
TEST(vehicle_model, golden_values) {
    const vehicle_model model(example::commuters(), 42);
    const auto text = [&](vehicle_id v, nanoseconds t) {
        std::string out;
        for (const auto& s : signal_table()) {
            append(model.signals_at(v, t), s.id, out);
            out += ' ';
        }
        return out;
    };
    EXPECT_EQ(text(vehicle_id{0}, 24h + 7h + 50min),
              "52.494894 13.369788 230.6 46.2 83.8 true 1.91 66521825 318986 80.65 383.2 -44.3 -16988 21.6 false 14.20 "
              "ON 7.6 21.0 254 253 272 270 false true 0 false true 0 false false ");
    EXPECT_EQ(text(vehicle_id{1'000'005}, 24h * 402 + 18h + 45min),
              "48.101143 11.501715 225.0 520.3 0.0 false 0.00 92793308 438872 93.54 395.7 27.9 11023 18.5 true 14.20 "
              "LOCK 18.5 18.5 237 235 259 258 false true 0 false true 0 false false ");
    EXPECT_EQ(text(vehicle_id{2}, 0h),
              "48.153178 11.539066 76.0 527.3 0.0 false 0.00 43461239 285605 82.62 386.1 0.0 0 6.4 false 12.50 LOCK "
              "6.4 6.4 234 234 253 253 false true 0 false true 0 false false ");
    EXPECT_NEAR(seconds(model.next_state_change(vehicle_id{0}, 0h)), 31430.854, 0.001);
}
