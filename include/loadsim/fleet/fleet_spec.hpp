// Fleet specification of one shard: vehicles, behaviours and conditions; immutable.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/fleet/campaign.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/telemetry/rate_factors.hpp>
#include <loadsim/telemetry/vehicle_model.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>
#include <loadsim/vehicle/segment.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

namespace loadsim::vehicle {
class registry;
}

namespace loadsim::fleet {

class external_programs;

// Empty parts, for a fleet without telemetry.
inline const std::vector<contract::message_template> no_telemetry_messages;
inline const std::vector<std::vector<std::uint32_t>> no_segment_groups;
inline const telemetry::rate_factors no_rate_factors;

/// Everything referred to must outlive the user of the spec.
struct fleet_spec {
    const fleet::options& options;
    const contract::message_contract& message_contract;
    const vehicle::registry& registry;
    const contract::scenario_symbols& template_symbols; ///< symbols available to the options' templates
    std::uint64_t seed = 1;
    const vehicle::segmentation& segments;
    const std::vector<std::string>& segment_names;
    const std::vector<std::vector<std::string>>&
        segment_variables;                             ///< by segment: values, in the order of template_symbols.segment
    const std::vector<vehicle::behaviour>& behaviours; ///< by segment
    const std::vector<vehicle::condition>& conditions;
    const std::vector<campaign_options>& campaigns;
    fleet_partition shard_partition;
    nanoseconds load_duration{0}; ///< duration of the load
    nanoseconds skip_before{0};   ///< replay of a part of the load: skip what ended before this offset
    // Telemetry; by default none.
    /// Of the groups and then of the alarms of options.telemetry.
    const std::vector<contract::message_template>& telemetry_messages = no_telemetry_messages;
    const std::vector<std::vector<std::uint32_t>>& segment_groups =
        no_segment_groups; ///< by segment: groups that it sends
    const telemetry::rate_factors& rate_factors = no_rate_factors;
    const telemetry::vehicle_model* vehicle_model = nullptr; ///< null: no vehicle sends telemetry
    bool store_on_disk = true;           ///< of fleet.store.sqlite; false: in memory only, as in a rehearsal
    std::uint32_t shards_of_process = 1; ///< which share the limits of the store
    std::uint64_t message_step = 0;      ///< of a simulated network: bytes that count as one message; 0: not counted
    // External programs; by default none.
    external_programs* programs =
        nullptr; ///< of the behaviours and payloads; null: a vehicle that asks one says nothing
    /// Reads the answers about commands; not null with programs.
    result<vehicle::behaviour> (*read_answer)(const boost::json::object&) = nullptr;
};

} // namespace loadsim::fleet
