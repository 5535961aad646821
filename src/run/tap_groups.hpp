// Telemetry groups that a tap has: which ones, and how their messages are found in a record.
#pragma once

#include <loadsim/contract/tap_mapping.hpp>
#include <loadsim/contract/text_template.hpp>
#include <loadsim/observer/options.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::contract {
struct scenario_symbols;
}
namespace loadsim::scenario {
struct compiled_scenario;
}

namespace loadsim::run {

struct run_plan;

/// Topic filter that matches what the template of a topic renders for any vehicle: a level that depends on the vehicle is +.
std::string filter_of_all_vehicles(const contract::text_template& topic, const contract::scenario_symbols&);

struct tap_groups {
    std::vector<std::uint32_t> indexes;       ///< in labels.telemetry, ascending
    std::vector<contract::tap_group> mapping; ///< of these
};
/// `names`: of all groups and alarms. Those of the tap that are none of them are left out.
tap_groups tap_groups_of(const std::vector<std::string>& names, const scenario::compiled_scenario&,
                         const observer::tap_options&);
tap_groups tap_groups_of(const run_plan&, const observer::tap_options&);

} // namespace loadsim::run
