// Due times of alarms.
#pragma once

#include <loadsim/telemetry/progress_schedule.hpp>

#include <optional>
#include <vector>

namespace loadsim::telemetry {

/// Instants of a vehicle's alarm: a Poisson process that is a function of (seed, alarm, vehicle), in simulated time and in all
/// states. The gap before instant n is an exponentially distributed random number of its own.
/// Threads: const, any.
class alarm_schedule {
public:
    /// `alarm`: its number in the scenario. Rate factors without a step: alarms do not follow the load.
    alarm_schedule(rate, std::uint32_t alarm, std::uint64_t seed, const rate_factors&, simulated_day, nanoseconds end);

    due_message first(vehicle_id) const;
    /// Expects: this one is due before the end of the load.
    due_message next(due_message last, vehicle_id) const;

private:
    due_message after(std::int64_t fixed_point_due, std::uint32_t sequence, vehicle_id) const;

    progress_schedule progress_;
    std::uint64_t seed_;
    std::uint32_t alarm_;
};

/// Alarms of a shard in the order of their due instants. 20 bytes for each vehicle and alarm that is still due before the load ends,
/// and none for the others.
/// Threads: one. Pure: it reads no clock.
class alarm_agenda {
public:
    struct entry {
        due_message message;
        vehicle_id vehicle{};
        std::uint32_t alarm = 0; ///< index into the schedules
    };

    /// Alarms of all vehicles of the shard. The schedules must outlive the agenda.
    alarm_agenda(const std::vector<alarm_schedule>&, std::uint32_t vehicles, fleet_partition);

    nanoseconds next() const noexcept; ///< nanoseconds::max(): none is left
    /// The first alarm that is due, and replaces it by the vehicle's next one; nullopt: none is due.
    std::optional<entry> take(nanoseconds now);
    std::size_t size() const noexcept { return heap_.size(); }

private:
    void add(entry);

    const std::vector<alarm_schedule>* schedules_;
    std::vector<entry> heap_;
};
static_assert(sizeof(alarm_agenda::entry) == 20);

} // namespace loadsim::telemetry
