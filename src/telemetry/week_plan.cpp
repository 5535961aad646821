#include "week_plan.hpp"

#include "seeded_numbers.hpp"
#include "trip_motion.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace loadsim::telemetry {
namespace {

constexpr nanoseconds earliest_most = std::chrono::hours{4}; ///< a departure that is earlier moves to here

nanoseconds modulo_day(nanoseconds t) {
    const auto rest = t % day_length;
    return rest < nanoseconds{0} ? rest + day_length : rest;
}

/// Before the mean departure, the earliest one.
nanoseconds lead_of(nanoseconds spread) {
    const double factor = bell_most / bell_deviation;
    return std::min(nanoseconds{static_cast<std::int64_t>(static_cast<double>(spread.count()) * factor)},
                    earliest_most);
}

/// Begin of the day: before the first departure after the longest time at which all vehicles are at home. Nullopt: there is none
/// as long as end_of_day.
std::optional<nanoseconds> begin_of_day(const std::vector<round_trip>& all) {
    std::optional<nanoseconds> best;
    nanoseconds longest = end_of_day;
    for (const auto& candidate : all) {
        const auto begin = candidate.departure - lead_of(candidate.spread) - free_before_departure;
        nanoseconds last{0};
        for (const auto& r : all) {
            const auto lead = lead_of(r.spread) + free_before_departure;
            const auto leaves = modulo_day(r.departure - lead - begin);
            last = std::max(last, leaves + lead + modulo_day(r.departure_back - r.departure));
        }
        if (day_length - last <= longest) continue;
        longest = day_length - last;
        best = begin;
    }
    return best;
}

bool takes_place(const round_trip& r, nanoseconds day_begin, std::size_t day) {
    // The day of the vehicle may begin on the calendar day before.
    const auto since_midnight = day_begin + modulo_day(r.departure - day_begin);
    const int later = since_midnight < nanoseconds{0} ? -1 : since_midnight >= day_length ? 1 : 0;
    return r.days[(day + 7 + static_cast<std::size_t>(later + 7)) % 7];
}

std::vector<trip_slot> slots_of(const std::vector<round_trip>& all, nanoseconds day_begin, std::size_t day) {
    std::vector<trip_slot> slots;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& r = all[i];
        if (!takes_place(r, day_begin, day)) continue;
        const auto out = modulo_day(r.departure - day_begin);
        slots.push_back({i, false, out, r.spread, {}, {}});
        slots.push_back({i, true, out + modulo_day(r.departure_back - r.departure), r.spread, {}, {}});
    }
    std::ranges::stable_sort(slots, {}, &trip_slot::departure);
    nanoseconds window_begin{0};
    for (std::size_t k = 0; k < slots.size(); ++k) {
        slots[k].earliest = window_begin + free_before_departure;
        nanoseconds window_end = day_length - end_of_day + free_after_arrival;
        if (k + 1 < slots.size()) {
            const auto& next = slots[k + 1];
            // Most of the time between two departures is that of the first trip.
            window_end = next.departure - std::min(lead_of(next.spread), (next.departure - slots[k].departure) / 4);
        }
        slots[k].latest = window_end - free_after_arrival;
        window_begin = window_end;
    }
    return slots;
}

} // namespace

double length_for(nanoseconds duration, const stop_options& stops) {
    const auto fits = [&](double length) { return trip_shape(length, stops).duration <= seconds(duration); };
    double low = 0, high = 1'000'000;
    if (fits(high)) return high;
    for (int i = 0; i < 40; ++i) { // the duration grows with the length
        const double middle = (low + high) / 2;
        (fits(middle) ? low : high) = middle;
    }
    return low;
}

planned_week plan_week(const trip_options& options) {
    planned_week week;
    auto& plan = week.plan;
    plan.length_most.assign(options.round_trips.size(), std::numeric_limits<double>::max());
    if (options.round_trips.empty()) return week;
    const auto begin = begin_of_day(options.round_trips);
    if (!begin) {
        week.fits = false;
        return week;
    }
    plan.day_begin = *begin;
    for (std::size_t day = 0; day < plan.days.size(); ++day) {
        plan.days[day] = slots_of(options.round_trips, plan.day_begin, day);
        for (const auto& s : plan.days[day])
            plan.length_most[s.round_trip] =
                std::min(plan.length_most[s.round_trip], length_for(s.latest - s.departure, options.stops));
    }
    return week;
}

} // namespace loadsim::telemetry
