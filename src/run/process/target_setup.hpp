// Target setup of one process: checks the machine, starts embedded targets, checks external ones.
#pragma once

#include "process/embedded_kafka.hpp"
#include "process/process_observers.hpp"
#include "shard/target_endpoints.hpp"

#include <loadsim/backend/server.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/cluster/rank_info.hpp>
#include <loadsim/fleet/wakeup_listener.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/target/mosquitto.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace loadsim::run {

/// Broker and, if the driver needs one, API, each embedded or external. Embedded ones end with this object; members
/// that the embedded backend calls are declared before it.
struct target_setup {
    std::optional<target::mosquitto> embedded_broker;
    std::optional<embedded_kafka> bus;                     ///< after the broker: ends before it
    std::optional<fleet::wakeup_listener> wakeup_listener; ///< for sleeping vehicles
    std::optional<fleet::broker_api> broker_api;           ///< receives commands with the broker-api link
    std::unique_ptr<process_observers> observers;          ///< webhooks listen; the others are not connected yet
    std::optional<backend::server> embedded_backend;       ///< after the broker: ends before it
    target_endpoints endpoints;                            ///< without correlator and run name
};

using notice_handler = std::function<void(const std::string&)>;

/// Compares the run's resource requirements with the machine. `on_notice`: called for each warning.
/// Errors: missing resources, each with its remedy.
result<void> check_machine(const scenario::scenario_config&, const cluster::rank_info&,
                           const notice_handler& on_notice);

/// Starts embedded targets and checks external ones. Errors: a component is missing, does not respond or cannot be
/// started; a source address is not local. `vehicles`: those of this process. `tap`: receives the bytes of webhook calls; may be null.
result<target_setup> start_target(const scenario::scenario_config&, const scenario::compiled_scenario&,
                                  fleet_partition vehicles, const std::filesystem::path& folder,
                                  const notice_handler& on_notice, net::byte_tap* tap);

} // namespace loadsim::run
