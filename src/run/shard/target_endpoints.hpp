// Endpoints of the target, for all shards of a process.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/driver/authenticator.hpp>
#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/fleet/vehicle_tls.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/server_list.hpp>
#include <loadsim/net/tls_options.hpp>
#include <loadsim/net/url.hpp>
#include <loadsim/observer/request_correlator.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::run {

struct target_endpoints {
    std::vector<net::endpoint> broker_urls; ///< empty: no broker needed
    net::server_list brokers{};             ///< their addresses, without those that did not answer at the start
    std::shared_ptr<const fleet::vehicle_tls> vehicle_tls{}; ///< null: no broker uses TLS
    std::vector<std::string> kafka_brokers{};                ///< of the embedded cluster; empty: there is none
    std::optional<http::client_options> api{};               ///< none: the mqtt driver
    std::shared_ptr<driver::authenticator> auth{};           ///< null: no authentication
    fleet::broker_api_options broker_api{};                  ///< of the broker-api link, with inbound URL
    observer::request_correlator* correlator = nullptr;      ///< null: every completion event carries its VIN
    std::string run_name{};                                  ///< unique at the broker
    std::uint64_t trace_run = 0;                             ///< the run's part of trace ids
};

/// A shard's part of the limits per broker and per API, at least 1 each; and what it shares with the shards of its process.
struct shard_limits {
    std::uint32_t connects_in_flight = 1;
    std::uint32_t http_connections = 1;
    std::uint32_t inbound_connections = 1;
    bool sends_campaigns = false;
    fleet_partition process_partition{};                 ///< part of the run that this process has
    std::atomic<std::uint64_t>* open_requests = nullptr; ///< of all shards of the process; null: without `maxVusers`
};

} // namespace loadsim::run
