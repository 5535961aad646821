#include "vehicle_refusal.hpp"

#include <loadsim/net/refusal.hpp>

#include <fmt/format.h>

namespace loadsim::fleet {
namespace {

constexpr net::session_keys keys_of_vehicles{.version = "fleet.mqtt.version",
                                             .client_id = "fleet.mqtt.clientId",
                                             .credentials = "fleet.mqtt.user and fleet.mqtt.password",
                                             .will = "contract.presence"};

/// Advice for a refused subscription.
std::string_view advice_for(mqtt::reason r) {
    switch (r) {
    case mqtt::reason::wildcard_subscriptions_not_supported:
        return "it supports no wildcards: give contract.command.filter (and the campaigns' filters) without + and #";
    case mqtt::reason::shared_subscriptions_not_supported:
        return "it supports no shared subscriptions: give contract.command.filter (and the campaigns' filters) without "
               "$share";
    default: return net::advice_on_subscription(r);
    }
}

} // namespace

std::string refused_session(std::string_view broker, std::string_view vin, mqtt::reason r, mqtt::version protocol,
                            std::string_view server_reference) {
    auto keys = keys_of_vehicles;
    if (r != mqtt::reason::packet_too_large) keys.will = {}; // what is left of it is not the cause
    return fmt::format("the broker {} refuses vehicle {} ({}); {}", broker, vin, net::describe(r, server_reference),
                       net::advice_on(r, keys, protocol, server_reference));
}

std::string refused_vehicle_subscription(std::string_view vin, std::string_view filter, mqtt::reason r,
                                         std::string_view why) {
    return fmt::format("the broker refuses vehicle {} its subscription to {} ({}); {}", vin, filter, why,
                       advice_for(r));
}

std::string granted_command_qos(mqtt::qos granted, mqtt::qos requested) {
    return fmt::format("the broker grants QoS {0} where {1} was asked for: commands may be lost; set "
                       "fleet.mqtt.commandQos to {0}, or use a broker with QoS {1}",
                       static_cast<int>(granted), static_cast<int>(requested));
}

} // namespace loadsim::fleet
