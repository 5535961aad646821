// The vehicles of one shard without sockets: the same behaviours and conditions, and a model in place of sessions and broker; in
// simulated time, or in the real one behind the broker-api link.
#pragma once

#include <loadsim/contract/options.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/plan.hpp>
#include <loadsim/net/timer_wheel.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

/// Where the vehicles' messages come out: words, and their presence. The broker between neither loses nor delays anything: what
/// is for a vehicle without a connection waits in its session, if the options keep one, and comes in order when it is back (but
/// for what has expired); words go to the platform at once.
class model_broker {
public:
    virtual ~model_broker() = default;
    /// Takes it, and comes back before it does anything to the vehicles. `request`: which it is of; empty: presence.
    virtual void from_vehicle(vehicle_id, std::string_view request, std::string_view topic,
                              std::string_view payload) = 0;
};

/// What is different in real time.
struct model_manner {
    /// What the date (time since 1970) is ahead of the steady clock: in a rehearsal that one shows the date.
    nanoseconds date_ahead{0};
    /// Vehicles that are absent from the beginning are told of when something comes for them, and not all at the load's begin.
    bool absent_when_called = false;
    bool presence = true; ///< somebody wants to know of it
    /// What befalls many at one instant is done over some milliseconds, so that nothing else waits for it: for who moves with the clock.
    bool in_slices = false;
};

/// Connecting takes no time; everything else lasts as long as behaviours and conditions say. All are on line from the
/// beginning, but for those that power on later and those whose credentials are wrong.
/// Shape:   a vehicle takes memory while it differs from what (segment, conditions) say of it; one that has said something keeps
///          some 40 bytes for its counters, so that its sequence numbers go on; one that was powered on later some 80.
/// Threads: one. Moves with the timers that `arm` is given: whoever owns those lets them fire.
class model_vehicles final : public roster {
public:
    using arming = std::function<void(net::timer&, monotonic_time)>;
    model_vehicles(arming, const time_source&, vehicle_events&, const plan&, model_broker&, const model_manner& = {});
    model_vehicles(net::timer_wheel&, const time_source&, vehicle_events&, const plan&, model_broker&);
    ~model_vehicles() override;

    void begin_load(monotonic_time start);
    /// A command for it, from the broker. `expires`: thrown away when it cannot be delivered by then; `never`: kept.
    /// `headers`: of one that came over HTTP.
    void deliver(vehicle_id, std::string_view topic, std::string_view payload, std::uint8_t qos, monotonic_time expires,
                 contract::named_texts headers = {});
    void wake(vehicle_id);
    /// It does that with its next command, instead of what its segment does. The behaviour must outlive this.
    void behave_next(vehicle_id, const vehicle::behaviour&);
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
    std::size_t remembered() const noexcept;  ///< vehicles that take memory beside their counters
    seen take();
    /// Places of the contract that never fit what came, one sentence each, since the last take.
    std::vector<std::string> misfits();

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace loadsim::fleet
