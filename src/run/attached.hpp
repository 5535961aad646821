// The vehicles of one shard, however they are attached: by sessions at the broker, or behind the broker's API that we play.
#pragma once

#include "shared_plan.hpp"

#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/fleet/vehicles.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::run {

struct address_book;
struct shard_limits;

/// Threads: the loop's.
class attached {
public:
    /// What is handed over by reference must outlive it.
    attached(net::loop&, const time_source&, fleet::vehicle_events&, const shared_plan&, shard_share,
             const address_book&, const shard_limits&);

    const fleet::roster& roster() const;
    void start();
    void begin_load(monotonic_time start);
    void wake(vehicle_id);
    void broker_goes(std::uint32_t condition, std::uint32_t occurrence);
    void broker_returns(std::uint32_t condition);
    void deliver(vehicle_id, fleet::broker_api_command); ///< of the broker-api link
    void cut();
    void stop();

    std::optional<nanoseconds> next_turn();
    std::uint32_t asked() const;
    std::uint32_t online() const;
    std::string refusal() const;
    fleet::seen take();
    fleet::broker_api_counts take_counts();
    std::vector<std::string> misfits();
    bool settled() const; ///< nothing of theirs waits to be sent

private:
    // One of them.
    std::unique_ptr<fleet::vehicles> sessions_;
    std::unique_ptr<fleet::broker_api_vehicles> behind_api_;
};

} // namespace loadsim::run
