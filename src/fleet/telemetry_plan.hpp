// Due times of the telemetry of a shard's vehicles.
#pragma once

#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/telemetry/alarm_schedule.hpp>
#include <loadsim/telemetry/due_agenda.hpp>
#include <loadsim/telemetry/group_schedule.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace loadsim::fleet {

/// A message that is due. Times are since the start of the load.
struct due_telemetry {
    vehicle_id vehicle{};
    std::uint32_t group = 0; ///< index; alarms follow the groups
    std::uint32_t sequence = 0;
    nanoseconds due{0};
    friend bool operator==(const due_telemetry&, const due_telemetry&) = default;
};

/// Messages of the groups of each vehicle's segment, and alarms: a function of scenario and seed, whatever the shards.
///
/// Shape:   12 bytes for each group of a vehicle and 8 for the vehicle; 4 more if segments differ in the number of groups; 20 for
///          each alarm that is due before the load ends.
/// Threads: one. Pure: it reads no clock.
class telemetry_plan {
public:
    /// `vehicles`: of the shard. The spec must have a vehicle model, and must outlive the plan.
    telemetry_plan(const fleet_spec&, std::uint32_t vehicles);
    telemetry_plan(const telemetry_plan&) = delete;
    telemetry_plan& operator=(const telemetry_plan&) = delete;

    /// When take() may return a message; nanoseconds::max(): all have been taken.
    nanoseconds next() const noexcept;
    /// The next message that is due; nullopt: none is.
    std::optional<due_telemetry> take(nanoseconds now);
    /// No message is due after this instant.
    void end(nanoseconds at) noexcept { end_ = at; }

private:
    const std::vector<std::uint32_t>& groups_of(vehicle_id) const;
    std::size_t first_of(std::uint32_t slot) const noexcept;
    vehicle_id id_at(std::uint32_t slot) const noexcept;
    nanoseconds next_of_groups() const noexcept;
    nanoseconds next_alarm() const noexcept;
    std::optional<due_telemetry> take_of_groups();

    const fleet_spec& spec_;
    telemetry::rate_factors steady_; ///< without a step: alarms do not follow the load
    std::vector<telemetry::group_schedule> schedules_;
    std::vector<telemetry::alarm_schedule> alarm_schedules_;
    std::vector<telemetry::due_message> due_; ///< by slot and group of its segment
    std::vector<std::uint32_t> first_;        ///< in due_, by slot; empty: all segments have as many groups
    std::size_t groups_per_vehicle_ = 0;      ///< if first_ is empty
    telemetry::due_agenda agenda_;
    std::optional<telemetry::alarm_agenda> alarms_;
    nanoseconds end_ = nanoseconds::max();
};

/// Simulated time of the vehicles' days.
telemetry::simulated_day simulated_day_of(const options&);

} // namespace loadsim::fleet
