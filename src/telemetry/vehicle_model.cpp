#include <loadsim/telemetry/vehicle_model.hpp>

#include "moment.hpp"
#include "route_track.hpp"
#include "seeded_numbers.hpp"
#include "signal_equations.hpp"
#include "vehicle_day.hpp"

#include <algorithm>
#include <vector>

namespace loadsim::telemetry {

struct vehicle_model::parts {
    parts(const trip_options& options, std::uint64_t s)
        : seed(s), days(options, s), stops(options.stops), tracks(options.routes.begin(), options.routes.end()) {}

    std::uint64_t seed;
    day_planner days;
    stop_options stops;
    std::vector<route_track> tracks;
};

namespace {

/// Random numbers for the trip that goes on, has just ended or is the next one.
std::uint64_t trip_random(const moment& m, vehicle_id vehicle, std::uint64_t seed) {
    constexpr double just_ended = 60; // seconds: all doors are closed again
    const auto* trip = m.driving != nullptr ? m.driving : m.next;
    if (m.driving == nullptr && m.last != nullptr && m.since(m.last->arrival) <= just_ended) trip = m.last;
    if (trip == nullptr) return 0;
    return random_bits(seed, stream_id::signal, index(vehicle), counter_of(purpose::cabin, m.day.number, trip->number));
}

} // namespace

vehicle_model::vehicle_model(const trip_options& options, std::uint64_t seed)
    : parts_(std::make_unique<const parts>(options, seed)) {}
vehicle_model::vehicle_model(vehicle_model&&) noexcept = default;
vehicle_model& vehicle_model::operator=(vehicle_model&&) noexcept = default;
vehicle_model::~vehicle_model() = default;

drive_state vehicle_model::state_at(vehicle_id vehicle, nanoseconds day_time) const {
    const auto& days = parts_->days;
    const auto number = days.day_at(day_time);
    return state_of(days.day_of(vehicle, number), day_time - days.begin_of(number));
}

nanoseconds vehicle_model::next_state_change(vehicle_id vehicle, nanoseconds day_time) const {
    const auto& days = parts_->days;
    const auto first = days.day_at(day_time);
    for (auto number = first; number <= first + 7; ++number) { // weeks are alike: no trip in a week is none ever
        const auto day = days.day_of(vehicle, number);
        const auto begin = days.begin_of(number);
        auto next = nanoseconds::max();
        const auto consider = [&](nanoseconds since_begin) {
            if (begin + since_begin > day_time) next = std::min(next, begin + since_begin);
        };
        for (const auto& trip : day.trips()) {
            consider(trip.departure);
            consider(trip.arrival);
        }
        for (const auto& charge : day.charges()) {
            consider(charge.begin);
            consider(charge.end);
        }
        if (next != nanoseconds::max()) return next;
    }
    return nanoseconds::max();
}

signal_values vehicle_model::signals_at(vehicle_id vehicle, nanoseconds day_time) const {
    const auto& days = parts_->days;
    const auto number = days.day_at(day_time);
    const auto day = days.day_of(vehicle, number);
    const moment now(day, day_time - days.begin_of(number), vehicle, parts_->seed, parts_->stops);
    const double outside = days.outside().temperature_at(day_time) + day.traits.warmer_by;
    const double warmth = warmth_of(now);
    signal_values out;
    set_place(now, parts_->tracks[day.traits.route], out);
    set_motion(now, out);
    set_battery(now, outside, out);
    set_temperatures(outside, warmth, out);
    set_tyres(tyres_of(parts_->seed, vehicle), day_time, outside, warmth, out);
    set_cabin(now, trip_random(now, vehicle, parts_->seed), days.outside().mean_of(number) + day.traits.warmer_by, out);
    return out;
}

} // namespace loadsim::telemetry
