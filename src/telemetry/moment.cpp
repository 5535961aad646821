#include "moment.hpp"

#include <algorithm>

namespace loadsim::telemetry {
namespace {

const planned_charge* charge_at(const vehicle_day& day, nanoseconds t) {
    for (const auto& c : day.charges())
        if (t >= c.begin && t < c.end) return &c;
    return nullptr;
}

} // namespace

drive_state state_of(const vehicle_day& day, nanoseconds t) {
    for (const auto& trip : day.trips())
        if (t >= trip.departure && t < trip.arrival) return drive_state::driving;
    return charge_at(day, t) != nullptr ? drive_state::charging : drive_state::parked;
}

moment::moment(const vehicle_day& d, nanoseconds since_begin, vehicle_id vehicle, std::uint64_t seed,
               const stop_options& stops)
    : day(d), at(since_begin), charge(charge_at(d, since_begin)) {
    for (const auto& trip : day.trips()) {
        if (trip.arrival <= at)
            last = &trip;
        else if (trip.departure <= at)
            driving = &trip;
        else if (next == nullptr)
            next = &trip;
    }
    for (const auto& c : day.charges())
        if (c.end <= at) last_charge = &c;
    if (driving != nullptr)
        motion = motion_at(trip_shape(driving->length, stops), since(driving->departure),
                           {seed, vehicle, day.number, driving->number});
}

double odometer_of(const moment& m) {
    if (m.driving != nullptr) return m.driving->odometer + m.motion.distance;
    return m.last != nullptr ? m.last->odometer + m.last->length : m.day.odometer;
}

double level_of(const moment& m) {
    if (m.driving != nullptr) return m.driving->level - m.driving->energy * m.motion.distance;
    if (m.charge != nullptr) return m.charge->level + m.charge->power.integral(m.since(m.charge->begin)) / 3600;
    const bool charged = m.last == nullptr || (m.last_charge != nullptr && m.last_charge->begin > m.last->arrival);
    return charged ? m.day.full() : m.last->level - m.last->energy * m.last->length;
}

place place_of(const moment& m) {
    constexpr double turning_length = 30; // metres in which a vehicle turns round
    const auto signed_length = [](const planned_trip& t, double length) { return t.back ? -length : length; };
    const auto turned_by = [](const planned_trip* t) { return t == nullptr || t->back ? 180.0 : 0.0; };
    if (m.driving == nullptr)
        return {m.last == nullptr ? 0 : m.last->from + signed_length(*m.last, m.last->length), turned_by(m.last)};
    place p{m.driving->from + signed_length(*m.driving, m.motion.distance), turned_by(m.driving)};
    if (p.turned != turned_by(m.last)) p.turned += 180 * std::max(1 - m.motion.distance / turning_length, 0.0);
    return p;
}

double warmth_of(const moment& m) {
    constexpr double warm_after = 20 * 60, cold_after = 60 * 60; // seconds
    double warmth = 0;
    auto from = nanoseconds{0};
    for (const auto& trip : m.day.trips()) {
        if (trip.departure > m.at) break;
        warmth = std::max(warmth - seconds(trip.departure - from) / cold_after, 0.0);
        from = std::min(trip.arrival, m.at);
        warmth = std::min(warmth + seconds(from - trip.departure) / warm_after, 1.0);
    }
    return std::max(warmth - seconds(m.at - from) / cold_after, 0.0);
}

} // namespace loadsim::telemetry
