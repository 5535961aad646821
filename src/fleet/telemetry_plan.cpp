#include "telemetry_plan.hpp"

#include <algorithm>

namespace loadsim::fleet {

using telemetry::due_agenda;
using telemetry::due_message;

telemetry::simulated_day simulated_day_of(const options& o) {
    const auto trips = o.trips.value_or(telemetry::trip_options{});
    return {trips.start, trips.speed};
}

telemetry_plan::telemetry_plan(const fleet_spec& spec, std::uint32_t vehicles) : spec_(spec), agenda_(vehicles) {
    const auto& options = spec.options.telemetry;
    const auto day = simulated_day_of(spec.options);
    for (std::uint32_t g = 0; g < options.groups.size(); ++g)
        schedules_.emplace_back(options.groups[g], g, spec.seed, spec.options.vehicles, spec.rate_factors, day,
                                spec.load_duration);
    for (std::uint32_t a = 0; a < options.alarms.size(); ++a)
        alarm_schedules_.emplace_back(options.alarms[a].rate, a, spec.seed, steady_, day, spec.load_duration);

    const auto& by_segment = spec.segment_groups;
    if (!by_segment.empty()) groups_per_vehicle_ = by_segment.front().size();
    const bool alike =
        std::ranges::all_of(by_segment, [this](const auto& groups) { return groups.size() == groups_per_vehicle_; });
    if (alike) due_.reserve(groups_per_vehicle_ * vehicles);
    if (!alike) first_.reserve(vehicles);
    for (std::uint32_t slot = 0; slot < vehicles; ++slot) {
        const auto v = id_at(slot);
        if (!alike) first_.push_back(static_cast<std::uint32_t>(due_.size()));
        auto earliest = nanoseconds::max();
        for (const auto group : groups_of(v)) {
            due_.push_back(schedules_[group].first(*spec.vehicle_model, v));
            earliest = std::min(earliest, due_.back().due());
        }
        agenda_.add(slot, earliest);
    }
    due_.shrink_to_fit();
    alarms_.emplace(alarm_schedules_, spec.options.vehicles, spec.shard_partition);
}

const std::vector<std::uint32_t>& telemetry_plan::groups_of(vehicle_id v) const {
    static const std::vector<std::uint32_t> none;
    const auto segment = spec_.segments.segment_of(v);
    return segment < spec_.segment_groups.size() ? spec_.segment_groups[segment] : none;
}

std::size_t telemetry_plan::first_of(std::uint32_t slot) const noexcept {
    return first_.empty() ? slot * groups_per_vehicle_ : first_[slot];
}

vehicle_id telemetry_plan::id_at(std::uint32_t slot) const noexcept { return spec_.shard_partition.vehicle_at(slot); }

/// The agenda rounds instants up to its ticks: what is after the tick before the end is due after the end.
nanoseconds telemetry_plan::next_of_groups() const noexcept {
    const auto next = agenda_.next();
    return next == nanoseconds::max() || next - due_agenda::tick_length >= end_ ? nanoseconds::max() : next;
}

nanoseconds telemetry_plan::next_alarm() const noexcept {
    const auto next = alarms_->next();
    return next > end_ ? nanoseconds::max() : next;
}

nanoseconds telemetry_plan::next() const noexcept { return std::min(next_of_groups(), next_alarm()); }

std::optional<due_telemetry> telemetry_plan::take(nanoseconds now) {
    for (;;) {
        const auto of_groups = next_of_groups();
        const auto of_alarms = next_alarm();
        if (std::min(of_groups, of_alarms) > now || std::min(of_groups, of_alarms) == nanoseconds::max())
            return std::nullopt;
        if (of_groups <= of_alarms) {
            if (const auto due = take_of_groups()) return due;
            continue;
        }
        const auto alarm = alarms_->take(now).value();
        const auto group = static_cast<std::uint32_t>(schedules_.size()) + alarm.alarm;
        return due_telemetry{alarm.vehicle, group, alarm.message.sequence(), alarm.message.due()};
    }
}

/// The first message of the vehicle at the front; nullopt: it is due after the end, and the vehicle is left out.
std::optional<due_telemetry> telemetry_plan::take_of_groups() {
    const auto slot = agenda_.front();
    const auto v = id_at(slot);
    const auto& groups = groups_of(v);
    auto* const all = due_.data() + first_of(slot);
    auto* const taken = std::min_element(all, all + groups.size(), [](const auto& a, const auto& b) {
        return a.fixed_point_due() < b.fixed_point_due();
    });
    const due_telemetry due{v, groups[static_cast<std::size_t>(taken - all)], taken->sequence(), taken->due()};
    if (due.due > end_) {
        agenda_.replace_front(nanoseconds::max());
        return std::nullopt;
    }
    *taken = schedules_[due.group].next(*taken, *spec_.vehicle_model, v);
    auto earliest = nanoseconds::max();
    for (std::size_t i = 0; i < groups.size(); ++i) earliest = std::min(earliest, all[i].due());
    agenda_.replace_front(earliest);
    return due;
}

} // namespace loadsim::fleet
