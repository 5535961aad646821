#include "vehicle_day.hpp"

#include "seeded_numbers.hpp"
#include "trip_motion.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace loadsim::telemetry {
namespace {

using std::chrono::minutes;

constexpr nanoseconds charge_after_arrival = minutes{2};
constexpr nanoseconds charge_before_departure = minutes{2};
constexpr double charge_delay_most = 28 * 60; // seconds; of the charge after the last trip
constexpr double seconds_per_hour = 3600;

nanoseconds rounded(double seconds) { return nanoseconds{std::llround(seconds * 1e9)}; }

/// Charge of this energy that takes at most `time` seconds. The ramps are at most 3/8 of the time at full power.
ramped_pulse charge_of(double energy, double usual_power, double time) {
    constexpr double rise_most = 30, fall_most = 900;
    const double power = std::max(usual_power, 1.375 * energy * seconds_per_hour / time);
    const double at_full = energy * seconds_per_hour / power;
    ramped_pulse p;
    p.height = power;
    p.rise = std::min(rise_most, at_full / 4);
    p.fall = std::min(fall_most, at_full / 2);
    p.hold = at_full - (p.rise + p.fall) / 2;
    return p;
}

} // namespace

day_planner::day_planner(const trip_options& options, std::uint64_t seed)
    : seed_(seed), options_(options), week_(plan_week(options).plan), weather_(options.weather, seed) {
    assert(check(options).empty());
    for (std::size_t i = 0; i < options_.round_trips.size(); ++i) {
        const auto& r = options_.round_trips[i];
        round_trip_numbers n;
        n.median = r.length.median;
        n.log_range = std::log(r.length.p99 / r.length.median) / bell_p99;
        n.length_most = week_.length_most[i];
        n.share = r.share.value >= 1 ? std::numeric_limits<std::uint64_t>::max()
                                     : static_cast<std::uint64_t>(r.share.value * 0x1.0p64);
        for (unsigned day = 0; day < week_.days.size(); ++day)
            if (std::ranges::count(week_.days[day], i, &trip_slot::round_trip) != 0) n.days |= 1U << day;
        round_trips_.push_back(n);
    }
}

std::int64_t day_planner::day_at(nanoseconds day_time) const {
    const auto since = day_time - week_.day_begin;
    return since < nanoseconds{0} ? -1 : since / day_length; // day_begin is less than a day
}

day_planner::own_round_trips day_planner::round_trips_of(vehicle_id vehicle, const vehicle_traits& traits) const {
    const double energy_most =
        traits.consumption * motorway_consumption * consumption_factor(weather_.coldest_mean() + traits.warmer_by);
    const double battery_lasts = (traits.full_level - least_level) * traits.capacity / energy_most;
    own_round_trips own{};
    for (std::size_t i = 0; i < round_trips_.size(); ++i) {
        const auto& n = round_trips_[i];
        const auto draw = [&](purpose p) {
            return random_bits(seed_, stream_id::trip, index(vehicle), counter_of(p, -1, i));
        };
        const double length = std::clamp(n.median * std::exp(n.log_range * bell(draw(purpose::round_trip_length))),
                                         least_trip_length, std::min(n.length_most, battery_lasts));
        own[i].length =
            std::floor(length * 1024) / 1024; // all sums are exact: the odometer never decreases by rounding
        if (n.share == std::numeric_limits<std::uint64_t>::max()) {
            own[i].days = n.days;
            continue;
        }
        // Multiples of the golden ratio: each weekday has the share of the fleet, each vehicle about that share of the days.
        auto position = draw(purpose::round_trip_days);
        for (unsigned day = 0; day < 7; ++day, position += 0x9e3779b97f4a7c15U)
            if (position < n.share) own[i].days |= n.days & (1U << day);
    }
    return own;
}

vehicle_day day_planner::day_of(vehicle_id vehicle, std::int64_t number) const {
    vehicle_day day;
    day.number = number;
    day.traits = traits_of(seed_, vehicle, options_.routes.size());
    const auto own = round_trips_of(vehicle, day.traits);
    const auto since_monday = static_cast<std::uint64_t>(number + static_cast<std::int64_t>(options_.first_day) + 7);
    const auto weekday = static_cast<std::size_t>(since_monday % 7);
    const auto weeks = static_cast<double>(since_monday / 7);
    double in_a_week = 0, this_week = 0;
    for (std::size_t i = 0; i < round_trips_.size(); ++i) {
        in_a_week += 2 * own[i].length * std::popcount(own[i].days);
        this_week += 2 * own[i].length * std::popcount(own[i].days & ((1U << weekday) - 1));
    }
    day.odometer = day.traits.odometer + weeks * in_a_week + this_week;
    add_trips(day, vehicle, own, weekday);
    add_charges(day, vehicle);
    return day;
}

void day_planner::add_trips(vehicle_day& day, vehicle_id vehicle, const own_round_trips& own,
                            std::size_t weekday) const {
    const double cold = consumption_factor(weather_.mean_of(day.number) + day.traits.warmer_by);
    double from = 0, odometer = day.odometer;
    for (const auto& slot : week_.days[weekday]) {
        if ((own[slot.round_trip].days >> weekday & 1U) == 0) continue;
        auto& trip = day.trip_list[day.trip_count++];
        trip.number = 2 * slot.round_trip + (slot.back ? 1 : 0);
        trip.back = slot.back;
        trip.length = own[slot.round_trip].length;
        const trip_shape shape(trip.length, options_.stops);
        const auto duration = rounded(shape.duration);
        const auto bits = random_bits(seed_, stream_id::trip, index(vehicle),
                                      counter_of(purpose::departure, day.number, trip.number));
        const auto drawn = slot.departure + rounded(seconds(slot.spread) / bell_deviation * bell(bits));
        trip.departure = std::clamp(drawn, slot.earliest, std::max(slot.earliest, slot.latest - duration));
        trip.arrival = trip.departure + duration;
        trip.from = from;
        trip.odometer = odometer;
        trip.energy = day.traits.consumption * cold * (1 + (motorway_consumption - 1) * shape.motorway_share());
        from += trip.back ? -trip.length : trip.length;
        odometer += trip.length;
    }
}

void day_planner::add_charges(vehicle_day& day, vehicle_id vehicle) const {
    double level = day.full();
    for (std::size_t i = 0; i < day.trip_count; ++i) {
        auto& trip = day.trip_list[i];
        const double needed = trip.energy * trip.length;
        if (i > 0 && level - needed < least_level * day.traits.capacity) {
            add_charge(day, day.trip_list[i - 1].arrival + charge_after_arrival,
                       trip.departure - charge_before_departure, level);
            level = day.full();
        }
        trip.level = level;
        level -= needed;
    }
    if (day.trip_count == 0) return;
    const auto bits =
        random_bits(seed_, stream_id::trip, index(vehicle), counter_of(purpose::charge_delay, day.number));
    add_charge(day,
               day.trip_list[day.trip_count - 1].arrival + charge_after_arrival +
                   rounded(charge_delay_most * unit_part(bits, 0)),
               day_length, level);
}

void day_planner::add_charge(vehicle_day& day, nanoseconds begin, nanoseconds end_most, double level) const {
    auto& charge = day.charge_list[day.charge_count++];
    charge.begin = begin;
    charge.power = charge_of(day.full() - level, options_.charge_power, seconds(end_most - begin));
    charge.end = std::min(begin + rounded(charge.power.duration()), end_most);
    charge.level = level;
}

} // namespace loadsim::telemetry
