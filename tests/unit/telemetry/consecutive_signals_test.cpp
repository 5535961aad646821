// Signals of a vehicle at consecutive instants: bounds, and agreement with each other.
#include "example_trips.hpp"

#include <loadsim/telemetry/vehicle_model.hpp>

#include "route_track.hpp"

#include <gmock/gmock.h>

#include <cmath>

using namespace loadsim;
using namespace std::chrono_literals;

namespace {

using telemetry::drive_state;
using telemetry::signal_info;
using telemetry::signal_type;
using telemetry::signal_values;
using telemetry::vehicle_model;
using name = telemetry::signal;

/// Rounding of a double, relative to the value.
double rounding_of(double value) { return 1e-12 * std::max(std::abs(value), 1.0); }

double change(const signal_info& s, const signal_values& a, const signal_values& b) {
    const double by = b[s.id] - a[s.id];
    return std::abs(s.id == name::heading ? std::remainder(by, 360.0) : by);
}

void expect_bounds(const signal_values& a, const signal_values& b, double dt) {
    for (const auto& s : telemetry::signal_table()) {
        EXPECT_GE(b[s.id], s.least) << s.name;
        EXPECT_LE(b[s.id], s.most) << s.name;
        if (s.type == signal_type::number) {
            EXPECT_LE(change(s, a, b), s.change_most * dt + rounding_of(b[s.id])) << s.name;
        }
    }
}

telemetry::way_point position(const signal_values& v) { return {v[name::latitude], v[name::longitude], 0}; }

/// What the values of two instants must have in common. The acceleration changes by at most 4 m/s^2 in a second.
void expect_agreement(const signal_values& a, const signal_values& b, double dt) {
    const double driven = b[name::traveled_distance] - a[name::traveled_distance];
    EXPECT_GE(driven, 0);
    const double speed_a = a[name::speed] / 3.6;
    const double speed_b = b[name::speed] / 3.6;
    if (dt <= 0.1) {
        EXPECT_NEAR(driven, (speed_a + speed_b) / 2 * dt, 4 * dt * dt * dt + 1e-7);
        EXPECT_NEAR(speed_b - speed_a, (a[name::acceleration] + b[name::acceleration]) / 2 * dt, 4 * dt * dt + 1e-9);
    }
    const double moved = telemetry::distance(position(a), position(b));
    EXPECT_LE(moved, driven * 1.01 + 0.01);
    const bool straight = std::abs(std::remainder(a[name::heading] - b[name::heading], 360.0)) < 1e-6;
    if (straight && dt <= 1) {
        EXPECT_NEAR(moved, driven, driven * 0.01 + 0.01);
    }
    EXPECT_EQ(b[name::is_moving] != 0, speed_b > 0);
}

void expect_state(drive_state state, const signal_values& v) {
    EXPECT_EQ(v[name::is_charging] != 0, state == drive_state::charging);
    if (state != drive_state::driving) {
        EXPECT_EQ(v[name::speed], 0);
        EXPECT_GE(v[name::battery_current], 0);
    } else {
        EXPECT_LE(v[name::battery_current], 0);
        EXPECT_EQ(v[name::low_voltage_state], static_cast<double>(telemetry::low_voltage_state::on));
        EXPECT_EQ(v[name::driver_door_open], 0);
    }
}

void scan(const vehicle_model& model, vehicle_id vehicle, nanoseconds from, nanoseconds until, nanoseconds step) {
    auto before = model.signals_at(vehicle, from);
    auto state_before = model.state_at(vehicle, from);
    for (auto t = from + step; t <= until; t += step) {
        const auto now = model.signals_at(vehicle, t);
        const auto state = model.state_at(vehicle, t);
        expect_bounds(before, now, seconds(step));
        expect_agreement(before, now, seconds(step));
        expect_state(state, now);
        const double charged = now[name::state_of_charge] - before[name::state_of_charge];
        if (state == state_before && state == drive_state::driving) {
            EXPECT_LE(charged, 1e-9);
        }
        if (state == state_before && state == drive_state::charging) {
            EXPECT_GE(charged, -1e-9);
        }
        if (testing::Test::HasFailure())
            FAIL() << "vehicle " << index(vehicle) << " at " << format_duration(t) << " with step "
                   << format_duration(step);
        before = now;
        state_before = state;
    }
}

struct profile_case {
    const char* label;
    telemetry::trip_options (*options)();
};
constexpr profile_case profiles[] = {
    {"commuters", example::commuters}, {"deliveries", example::deliveries}, {"night shift", example::night_shift}};

constexpr std::uint64_t seed = 42;

} // namespace

TEST(consecutive_signals, change_within_bounds_in_a_minute_over_days) {
    for (const auto& p : profiles) {
        SCOPED_TRACE(p.label);
        const vehicle_model model(p.options(), seed);
        for (std::uint32_t v = 0; v < 14 && !HasFailure(); ++v) {
            scan(model, vehicle_id{v}, 0h, 3 * 24h, 1min);
            scan(model, vehicle_id{v * 1'000'003}, 24h * 399 + 12h, 24h * 401, 1min);
        }
    }
}

TEST(consecutive_signals, change_within_bounds_in_a_second_over_a_day) {
    for (const auto& p : profiles) {
        SCOPED_TRACE(p.label);
        const vehicle_model model(p.options(), seed);
        for (std::uint32_t v = 0; v < 2 && !HasFailure(); ++v) {
            scan(model, vehicle_id{v}, 0h, 25h, 1s);
            scan(model, vehicle_id{v + 100}, 24h * 400 - 1h, 24h * 400 + 8h, 1s);
        }
    }
}

TEST(consecutive_signals, change_within_bounds_in_a_tenth_of_a_second_around_each_change_of_state) {
    for (const auto& p : profiles) {
        SCOPED_TRACE(p.label);
        const vehicle_model model(p.options(), seed);
        for (std::uint32_t v = 0; v < 4 && !HasFailure(); ++v) {
            auto t = nanoseconds{24h * 400 * (v % 2)};
            for (int changes = 0; changes < 8 && !HasFailure(); ++changes) {
                t = model.next_state_change(vehicle_id{v}, t);
                if (t == nanoseconds::max()) break;
                scan(model, vehicle_id{v}, std::max(t - 90s, nanoseconds{0}), t + 150s, 100ms);
            }
        }
    }
}

TEST(consecutive_signals, change_within_bounds_in_a_tenth_of_a_second_over_a_trip_and_midnight) {
    const vehicle_model model(example::commuters(), seed);
    scan(model, vehicle_id{3}, 7h, 9h, 100ms);
    scan(model, vehicle_id{3}, 24h - 1min, 24h + 1min, 100ms);
    const vehicle_model night(example::night_shift(), seed);
    scan(night, vehicle_id{3}, 22h, 25h, 100ms);
}
