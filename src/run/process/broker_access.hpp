// Who may use the embedded broker: logins with passwords, or access rules by certificate.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/certificate/authority.hpp>
#include <loadsim/fleet/vehicle_tls.hpp>
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

/// Reads or makes the credentials of the first vehicle: what is wrong for all vehicles is found before any connects.
result<void> check_credentials(const scenario::scenario_config&, const scenario::compiled_scenario&,
                               const fleet::vehicle_tls&);

/// Serial numbers of the certificates that behaviours want revoked, of the vehicles of a partition.
std::vector<certificate::serial_number> revoked_certificates(const scenario::scenario_config&,
                                                             const scenario::compiled_scenario&, fleet_partition,
                                                             const fleet::vehicle_tls&);

} // namespace loadsim::run
