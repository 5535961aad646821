// Target setup of one run: starts embedded targets, checks external ones.
#pragma once

#include "process/process_observers.hpp"

#include <loadsim/backend/server.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/driver/authenticator.hpp>
#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/fleet/wakeup_listener.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/target/mosquitto.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::run {

/// Broker and, if the driver needs one, API, each embedded or external. Embedded ones end with this object; members
/// that the embedded backend calls are declared before it.
struct target_setup {
    std::optional<target::mosquitto> embedded_broker;
    std::optional<fleet::wakeup_listener> wakeup_listener;        ///< for sleeping vehicles
    std::optional<fleet::broker_api> broker_api;                  ///< receives commands with the broker-api link
    std::unique_ptr<run::process_observers> observers;            ///< webhooks listen; the others are not connected yet
    std::optional<backend::server> embedded_backend;              ///< after the broker: ends before it
    std::vector<net::endpoint> brokers;                           ///< empty: no broker needed
    std::vector<boost::asio::ip::tcp::endpoint> broker_addresses; ///< addresses of reachable brokers
    std::optional<http::client_options> api;                      ///< none: the mqtt driver
    std::shared_ptr<driver::authenticator> auth;                  ///< null: no authentication
    fleet::broker_api_options broker_api_link;                    ///< of the broker-api link, with inbound URL
};

/// Starts or checks all components. Errors: a component is missing, does not respond or cannot be started.
result<target_setup> start_components(const scenario::scenario_config&, const scenario::compiled_scenario&,
                                      const std::filesystem::path& folder,
                                      const std::function<void(const std::string&)>& on_notice);

} // namespace loadsim::run
