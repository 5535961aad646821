// Sentences about a broker that refuses a vehicle, or grants less than it asked for.
#pragma once

#include <loadsim/mqtt/error.hpp>
#include <loadsim/mqtt/options.hpp>

#include <string>
#include <string_view>

namespace loadsim::fleet {

/// `broker`: its address. `server_reference`: server that the broker refers to; empty: none.
std::string refused_session(std::string_view broker, std::string_view vin, mqtt::reason, mqtt::version protocol,
                            std::string_view server_reference = {});
/// `why`: of the broker, or of the error that kept the subscription from being sent.
std::string refused_vehicle_subscription(std::string_view vin, std::string_view filter, mqtt::reason,
                                         std::string_view why);
/// Of a subscription to commands.
std::string granted_command_qos(mqtt::qos granted, mqtt::qos requested);

} // namespace loadsim::fleet
