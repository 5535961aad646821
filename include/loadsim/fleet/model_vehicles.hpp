// The vehicles of one shard in simulated time: the same behaviours and conditions, and a model in place of sessions and broker.
#pragma once

#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/plan.hpp>
#include <loadsim/net/timer_wheel.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace loadsim::fleet {

/// Where the vehicles' messages come out: words, and their presence. The broker between neither loses nor delays anything: what
/// is for a vehicle without a connection waits in its session, if the options keep one, and comes in order when it is back (but
/// for what has expired); words go to the platform at once.
class model_broker {
public:
    virtual ~model_broker() = default;
    /// Takes it, and comes back before it does anything to the vehicles.
    virtual void from_vehicle(std::string_view topic, std::string_view payload) = 0;
};

/// Connecting takes no time; everything else lasts as long as behaviours and conditions say. All are on line from the
/// beginning, but for those that power on later and those whose credentials are wrong. The steady clock shows the date too:
/// what it reads is written into words as the time since 1970.
/// Threads: one. Moves with the wheel: whoever owns it calls advance().
class model_vehicles final : public roster {
public:
    model_vehicles(net::timer_wheel&, const time_source&, vehicle_events&, const plan&, model_broker&);
    ~model_vehicles() override;

    void begin_load(monotonic_time start);
    /// A command for it, from the broker. `expires`: thrown away when it cannot be delivered by then; `never`: kept.
    void deliver(vehicle_id, std::string_view topic, std::string_view payload, std::uint8_t qos,
                 monotonic_time expires);
    void wake(vehicle_id);
    /// The broker is away, or does not answer, until it returns; the owner keeps what is published meanwhile.
    void broker_goes(std::uint32_t condition, std::uint32_t occurrence, vehicle::condition::outage_way);
    void broker_returns(std::uint32_t condition);
    std::optional<nanoseconds> next_turn(); ///< of a condition, since the load's start
    void cut();                             ///< the load is over: no condition begins any more
    void stop();

    std::uint32_t size() const noexcept override;
    bool reachable(vehicle_id) const override;
    std::uint32_t reachable() const noexcept override;
    std::uint32_t asked() const noexcept;
    std::uint32_t online() const noexcept;
    std::uint64_t published() const noexcept; ///< words so far
    std::uint64_t received() const noexcept;  ///< commands so far
    seen take();

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace loadsim::fleet
