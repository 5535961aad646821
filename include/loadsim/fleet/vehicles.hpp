// The vehicles of one shard, alive: their sessions, and what they do with commands.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/plan.hpp>
#include <loadsim/net/loop.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::fleet {

/// Threads: the loop's.
class vehicles final : public roster {
public:
    /// `connects_in_flight`: at once, of this shard. `brokers`: at least one; vehicles take turns by index, and one that finds its own
    /// closed tries the next. Everything handed over by reference must outlive this, as must what the plan refers to.
    /// The plan's templates are of names that it has: who has compiled them once knows (paper_forms, campaign).
    vehicles(net::loop&, vehicle_events&, const plan&, std::uint32_t connects_in_flight,
             std::vector<boost::asio::ip::tcp::endpoint> brokers);
    ~vehicles() override;

    /// Begins to connect them, at the shard's share of the connect rate.
    void start();
    /// The load begins: vehicles whose behaviour is to be off line leave, with a goodbye, and do not come back; those that sleep
    /// go to sleep; conditions are counted from here.
    void begin_load(monotonic_time start);
    /// A trigger has come for a vehicle that sleeps (one that does not hears nothing of it).
    void wake(vehicle_id);
    /// A condition that befalls the broker: whatever it does to their connections, none of them hears until it is over.
    void broker_goes(std::uint32_t condition, std::uint32_t occurrence);
    void broker_returns(std::uint32_t condition);
    /// The load is over: no condition begins any more.
    void cut();
    /// When the next condition begins or passes, since the load's start; nullopt: none.
    std::optional<nanoseconds> next_turn();
    /// Says goodbye and closes every session; nothing reconnects.
    void stop();

    std::uint32_t size() const noexcept override;
    bool reachable(vehicle_id) const override;
    std::uint32_t reachable() const noexcept override;
    std::uint32_t asked() const noexcept;  ///< that have a session when all is well, before the load
    std::uint32_t online() const noexcept; ///< with a session and its subscription

    /// Why the broker will never let a vehicle in, or cannot do what the scenario needs (bad credentials, a refused subscription,
    /// no wildcards ...); empty while nothing says so.
    const std::string& refusal() const noexcept;
    /// What happened to the sessions since the last take.
    seen take();
    /// Places of the contract that never fit what came, one sentence each, since the last take.
    std::vector<std::string> misfits();

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace loadsim::fleet
