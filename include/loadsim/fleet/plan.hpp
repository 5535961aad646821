// What a shard's part of the fleet is and is to go through, none of it changing.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/terms.hpp>
#include <loadsim/fleet/campaign.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>
#include <loadsim/vehicle/segment.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace loadsim::vehicle {
class registry;
}

namespace loadsim::fleet {

/// Everything that it refers to must outlive who is given it.
struct plan {
    const fleet::options& options;
    const contract::terms& terms;
    const vehicle::registry& cars;
    const contract::known_names& names; ///< what the options' own templates may name
    std::uint64_t seed = 1;
    const vehicle::segmentation& segments;
    const std::vector<std::string>& segment_names;
    const std::vector<std::vector<std::string>>&
        segment_variables;                             ///< by segment: values, in the order of names.segment
    const std::vector<vehicle::behaviour>& behaviours; ///< by segment
    const std::vector<vehicle::condition>& conditions;
    const std::vector<campaign_options>& campaigns;
    shard_share share;
    nanoseconds load{0}; ///< how long it lasts
    nanoseconds from{0}; ///< what was over before then is left out: some of a load is done again
};

/// What happened to the vehicles of a shard in some time.
struct seen {
    measure::session_counts sessions;
    std::map<measure::totals::occurrence_key, measure::recovery_counts> recoveries;
};

} // namespace loadsim::fleet
