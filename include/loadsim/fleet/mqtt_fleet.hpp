// MQTT vehicles of one shard: sessions and command handling.
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

/// `connects_in_flight`: of this shard. `brokers`: at least one; assigned round-robin by vehicle index; a vehicle whose broker
/// refuses tries the next. The list is read at each connect. `tls`: for brokers whose URL is mqtts; null: there is none. All references and everything the spec refers to must outlive the vehicles.
/// The spec's templates must compile (checked before with identity_templates and campaign).
std::unique_ptr<vehicles> make_mqtt_fleet(net::loop&, vehicle_events&, const fleet_spec&,
                                          std::uint32_t connects_in_flight, net::server_list brokers,
                                          const vehicle_tls* tls = nullptr);

} // namespace loadsim::fleet
