// Certificates of the embedded broker and of loadsim's own sessions.
#pragma once

#include <loadsim/certificate/authority.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/target/mosquitto.hpp>

#include <span>
#include <string>

namespace loadsim::run {

/// TLS of the embedded broker: a function of the scenario, so that each rank's broker has the same CA. `access`: rules by common name,
/// for mutual TLS; `revoked`: serial numbers in the CRL. Precondition: target.embedded_tls.
target::mosquitto_tls make_broker_tls(const scenario::scenario_config&, std::string access,
                                      std::span<const certificate::serial_number> revoked);

} // namespace loadsim::run
