// Run plan: immutable data shared by all shards of a run.
#pragma once

#include <loadsim/backend/options.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/program_options.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/load/parameters.hpp>
#include <loadsim/load/schedule.hpp>
#include <loadsim/load/selection.hpp>
#include <loadsim/measure/ledger.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/run/trace.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/segment.hpp>
#include <loadsim/verdict/budget.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::contract {
class message_contract;
struct template_values;
} // namespace loadsim::contract
namespace loadsim::fleet {
struct fleet_spec;
}
namespace loadsim::scenario {
struct compiled_scenario;
struct scenario_config;
} // namespace loadsim::scenario

namespace loadsim::run {

/// Requests of one vehicle to be replayed or probed, without any other load.
struct replay_selection {
    vehicle_id vehicle{};
    std::vector<arrival_id> arrivals;                   ///< in order
    nanoseconds from{0};                                ///< load time at which the replay begins
    nanoseconds until{0};                               ///< load time at which the replay ends
    measure::run_mode mode = measure::run_mode::replay; ///< of the report
};

/// When the requests of a load are due. A run has one load, that of its scenario; a load sequence has several.
struct planned_load {
    std::shared_ptr<const load::schedule> schedule;
    std::uint64_t first_arrival = 0; ///< number of its first arrival: those of one run differ
};

struct run_plan {
    /// Scenario and compiled scenario must outlive the plan.
    run_plan(const scenario::scenario_config&, const scenario::compiled_scenario&,
             std::optional<replay_selection> replay = {});
    ~run_plan();
    run_plan(run_plan&&) noexcept;

    const scenario::scenario_config& scenario;
    const scenario::compiled_scenario& compiled;
    const contract::message_contract* message_contract; ///< contract of the vehicles; in a rehearsal the built-in one
    measure::labels labels;
    load::service_selection services;
    load::parameter_values parameters;
    vehicle::segmentation segments;
    std::vector<vehicle::behaviour> behaviours;     ///< by segment
    std::vector<backend::deadlines> deadlines;      ///< by service: how long the target waits for a silent vehicle
    std::optional<verdict::budget> recovery_budget; ///< of the latency after conditions; nullopt: no conditions, too
    std::optional<replay_selection> replay;
    planned_load current_load; ///< of the run, or the next of a load sequence; for the thread of the stages only
    // Set once the target is started, before any connection.
    std::vector<std::string> captured; ///< values captured by the hooks before the load
    std::string webhook_url;
    std::string broker_api_url;
    std::function<void(const traced_message&)> trace; ///< called for each message, on any thread; may be empty

    std::string vin_of(vehicle_id) const;
    /// The vehicle with that VIN; nullopt: not in the fleet.
    std::optional<vehicle_id> vehicle_of(std::string_view vin) const;
    /// Sets the template values of a vehicle, except its VIN.
    void fill(vehicle_id, contract::template_values&) const;
    fleet::fleet_spec fleet_spec_of(fleet_partition) const; ///< without programs
    std::vector<program_options> programs() const; ///< external ones of the vehicles, not each once; empty: none
    /// The planned request of an arrival assigned to that vehicle. `due` is not set: it needs the load's start.
    measure::due_request due_request_of(const load::arrival&, vehicle_id) const;
    /// Name of a command's service in load.services; `platform_service` is its text in the command, empty: none. The service of
    /// the request, unless the command has another one; then the first with that platform's name, or the text itself.
    std::string_view service_of_command(std::string_view platform_service, std::optional<arrival_id>) const;
    measure::recording recording() const;
    const load::schedule& schedule() const { return *current_load.schedule; }
    // Times of the load at which the run begins and ends; a replay leaves out what is before and after its requests.
    nanoseconds begin_of_load() const { return replay ? replay->from : nanoseconds{0}; }
    nanoseconds end_of_load() const { return replay ? replay->until : schedule().duration(); }
};

} // namespace loadsim::run
