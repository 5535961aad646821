// Vehicles of one shard with either link: MQTT sessions at a broker, or the simulated broker API.
#pragma once

#include "run_plan.hpp"

#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/fleet/mqtt_fleet.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::run {

struct target_endpoints;
struct shard_limits;

/// Threads: the loop's.
class shard_vehicles {
public:
    /// Arguments passed by reference must outlive the object.
    shard_vehicles(net::loop&, const time_source&, fleet::vehicle_events&, const run_plan&, fleet_partition,
                   const target_endpoints&, const shard_limits&);

    const fleet::vehicles& pool() const;
    void start();
    void begin_load(monotonic_time start);
    void wake(vehicle_id);
    void on_broker_down(std::uint32_t condition, std::uint32_t occurrence);
    void on_broker_up(std::uint32_t condition);
    void deliver(vehicle_id, fleet::broker_api_command); ///< broker-api link only
    void end_load();
    void stop();

    std::optional<nanoseconds> next_condition_event();
    std::uint32_t expected_online() const;
    std::uint32_t online() const;
    std::string refusal() const;
    fleet::fleet_counts take_counts();
    fleet::broker_api_counts take_broker_api_counts();
    std::vector<std::string> take_unmatched_fields();
    bool idle() const; ///< no response waits to be sent

private:
    // Exactly one is set.
    std::unique_ptr<fleet::mqtt_fleet> mqtt_vehicles_;
    std::unique_ptr<fleet::broker_api_fleet> broker_api_vehicles_;
};

} // namespace loadsim::run
