// MQTT vehicles of one shard through Eclipse Paho, to compare with loadsim's own sessions.
#pragma once

#include <loadsim/fleet/vehicles.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/server_list.hpp>

#include <cstdint>
#include <memory>

namespace loadsim::fleet {

class vehicle_events;
class vehicle_tls;
struct fleet_spec;

/// Arguments: those of make_mqtt_fleet(), of a scenario with fleet.client: paho. Of several addresses of a broker with TLS Paho takes
/// one itself. Certificates that a vehicle has of its own are written into a private temporary folder, removed with the vehicles.
/// Threads: as all vehicles; Paho has threads of its own, which post to the loop. stop() blocks for two seconds at most.
std::unique_ptr<vehicles> make_paho_fleet(net::loop&, vehicle_events&, const fleet_spec&,
                                          std::uint32_t connects_in_flight, net::server_list brokers,
                                          const vehicle_tls* tls = nullptr);

} // namespace loadsim::fleet
