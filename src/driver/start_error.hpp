// Error sentence of a session that cannot start.
#pragma once

#include <loadsim/net/mqtt_client.hpp>
#include <loadsim/net/refusal.hpp>

#include <fmt/format.h>

#include <optional>
#include <string>

namespace loadsim::driver {

/// Of loadsim's own sessions: their client id is not a key of the scenario.
inline constexpr net::session_keys keys_of_own_sessions{.version = "fleet.mqtt.version",
                                                        .credentials = "target.user and target.password"};

/// Empty: it has started.
inline std::string start_error(const net::mqtt_client::client_setup& setup, mqtt::version protocol,
                               const std::optional<net::start_failure>& failure) {
    if (!failure) return {};
    if (!failure->unsupported.empty()) return failure->unsupported;
    const auto& name = setup.display_name;
    if (failure->filter.empty() && net::ended_by_broker(failure->why))
        return fmt::format("the broker {} refuses the session of {}, client id '{}' ({}); {}",
                           net::to_string(failure->broker), name, setup.client_id,
                           net::describe(failure->reason, failure->server_reference),
                           net::advice_on(failure->reason, keys_of_own_sessions, protocol, failure->server_reference));
    if (failure->filter.empty())
        return fmt::format("{}'s session cannot connect: {}; check the broker and its access rules", name,
                           failure->why.message());
    if (failure->why)
        return fmt::format("{} cannot subscribe to {}: {}", name, failure->filter, failure->why.message());
    return fmt::format("the broker refuses {}'s subscription to {} ({}); {}", name, failure->filter,
                       mqtt::to_string(failure->reason), net::advice_on_subscription(failure->reason));
}

} // namespace loadsim::driver
