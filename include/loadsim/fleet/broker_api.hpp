// Simulated HTTP API of the platform's broker team: the platform posts commands here, and the vehicles' responses are posted
// to its inbound endpoint. No broker, no session, no file descriptor per vehicle.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/fleet/vehicles.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::net {
class loop;
}

namespace loadsim::fleet {

class vehicle_events;
struct fleet_spec;

/// Names of the headers that a contract reads from a command.
std::vector<std::string> headers_of(const contract::command_options&);

/// HTTP server of the broker API; one per process, for the vehicles of all shards.
/// Threads: an HTTP thread of its own; `find_vehicle`, `on_command` and `set_next_behaviour` are called on it and must not block.
///          Members: any thread.
/// Errors:  a request that is no command for a known vehicle gets a 4xx response and is counted; at most 64 kB of a body are read.
class broker_api {
public:
    struct handlers {
        /// Vehicle of that VIN; nullopt: unknown.
        std::function<std::optional<vehicle_id>(std::string_view vin)> find_vehicle;
        /// Delivers the command to its vehicle. Not called for commands that a fault drops.
        std::function<void(vehicle_id, delivered_command)> on_command;
        /// Names of the headers passed on with a command; the contract may read fields from them.
        std::vector<std::string> headers{};
        /// POST /vehicles/{vin}/behaviour {"behaviour": NAME}: behaviour of the vehicle's next command. Empty: no such path.
        std::function<void(vehicle_id, const std::string& behaviour)> set_next_behaviour{};
        std::vector<std::string> behaviours{}; ///< names that `set_next_behaviour` accepts; any other: 404
    };

    /// Binds; responds 503 until set_handlers(). Errors: those of check(); an address already in use.
    static result<broker_api> open(const broker_api_options&, std::uint64_t seed);
    broker_api(broker_api&&) noexcept;
    broker_api& operator=(broker_api&&) noexcept;
    ~broker_api();

    void set_handlers(handlers);
    /// Start time of fault bursts; before it there are none.
    void begin_load(monotonic_time start);

    std::string url() const;  ///< http://host:port
    std::string path() const; ///< route pattern of commands, as configured
    measure::broker_api_counts take_counts();

private:
    class impl;
    explicit broker_api(std::unique_ptr<impl>);
    std::unique_ptr<impl> impl_;
};

/// Vehicles of one shard behind that API: simulated vehicles in real time, with responses posted to the platform. An idle
/// vehicle takes no memory; a vehicle absent from the start is reported as unreachable when the first command arrives for it.
/// `system_offset`: system clock (time since 1970) minus steady clock. `inbound_connections`: of this shard.
/// All references and everything the spec refers to must outlive the vehicles; the options need not. Resolves the host of the
/// inbound URL; blocks while doing so.
/// Threads: the loop's.
std::unique_ptr<vehicles> make_broker_api_fleet(net::loop&, const time_source&, vehicle_events&, const fleet_spec&,
                                                const broker_api_options&, nanoseconds system_offset,
                                                std::uint32_t inbound_connections);

} // namespace loadsim::fleet
