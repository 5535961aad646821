// Who may use the embedded broker: logins with passwords, or access rules by certificate.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/target/access_rules.hpp>
#include <loadsim/target/mosquitto.hpp>

#include <vector>

namespace loadsim::run {

/// Logins of the vehicles of a partition and of loadsim's own sessions (`own`), each user once.
std::vector<target::mosquitto_login> logins_of(const scenario::scenario_config&, const scenario::compiled_scenario&,
                                               fleet_partition, const target::mosquitto_login& own);

/// Rules for the vehicles of a partition, whose user is their VIN, and for loadsim's own sessions (scenario::embedded_user). A vehicle
/// may subscribe to the filters of its commands and campaigns, and publish to the topics of its messages, nothing else.
target::access_rules access_rules_of(const scenario::scenario_config&, const scenario::compiled_scenario&,
                                     fleet_partition);

} // namespace loadsim::run
