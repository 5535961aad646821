// Simulated vehicles of one shard, without sockets: same behaviours and conditions, with simulated sessions and broker. Runs in
// simulated time, or in real time behind the broker-api link.
#pragma once

#include <loadsim/contract/options.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/net/timer_wheel.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

/// Receiver of the vehicles' messages: responses and presence. The simulated broker neither loses nor delays messages: a command
/// for an offline vehicle is queued in its session, if the options keep one, and delivered in order after reconnect unless expired;
/// responses reach the platform at once.
class uplink_sink {
public:
    virtual ~uplink_sink() = default;
    /// Accepts the message; must not call back into the vehicles. `request`: id of its request; empty: presence.
    virtual void on_vehicle_message(vehicle_id, std::string_view request, std::string_view topic,
                                    std::string_view payload) = 0;
};

/// Options of the simulation; the defaults are for simulated time.
struct simulation_options {
    /// System clock (time since 1970) minus steady clock; 0 in a rehearsal, where the steady clock shows the date.
    nanoseconds system_offset{0};
    /// Report a vehicle absent from the start when the first message arrives for it, instead of all at load start.
    bool report_absent_lazily = false;
    bool presence = true; ///< publish presence messages
    /// Apply a condition that affects many vehicles in slices over some milliseconds, so that the loop is not blocked (real time).
    bool time_sliced = false;
};

/// Connecting takes no time; all other durations follow behaviours and conditions. All vehicles are online from the start, except
/// those that power on later and those with wrong credentials.
/// Shape:   a vehicle takes memory while it differs from its initial state (by segment and conditions); one that has sent a
///          response keeps about 40 bytes of counters, for its sequence numbers; one that was powered on later about 80.
/// Threads: one. Driven by the timers passed to `arm`; their owner fires them.
class simulated_fleet final : public vehicles {
public:
    using arm_function = std::function<void(net::timer&, monotonic_time)>;
    simulated_fleet(arm_function, const time_source&, vehicle_events&, const fleet_spec&, uplink_sink&,
                    const simulation_options& = {});
    simulated_fleet(net::timer_wheel&, const time_source&, vehicle_events&, const fleet_spec&, uplink_sink&);
    ~simulated_fleet() override;

    void begin_load(monotonic_time start);
    /// Delivers a command from the broker. `expires`: dropped if not delivered by then; `never`: kept.
    /// `headers`: of a command received over HTTP.
    void deliver(vehicle_id, std::string_view topic, std::string_view payload, std::uint8_t qos, monotonic_time expires,
                 contract::named_texts headers = {});
    void wake(vehicle_id);
    /// Behaviour of the vehicle's next command, instead of its segment's. Must outlive this object.
    void set_next_behaviour(vehicle_id, const vehicle::behaviour&);
    /// The broker is down, or frozen, until on_broker_up(); the owner queues what is published meanwhile.
    void on_broker_down(std::uint32_t condition, std::uint32_t occurrence, vehicle::condition::outage_mode);
    void on_broker_up(std::uint32_t condition);
    std::optional<nanoseconds> next_condition_event(); ///< time of the next condition event, since the load's start
    void end_load();                                   ///< end of load: no further condition begins
    void stop();

    std::uint32_t size() const noexcept override;
    bool available(vehicle_id) const override;
    std::uint32_t available() const noexcept override;
    std::uint32_t expected_online() const noexcept;
    std::uint32_t online() const noexcept;
    std::uint64_t published() const noexcept;     ///< responses so far
    std::uint64_t received() const noexcept;      ///< commands so far
    std::size_t stored_vehicles() const noexcept; ///< vehicles held in memory, apart from their counters
    fleet_counts take_counts();
    /// Contract fields that matched no message since the last call, one sentence each.
    std::vector<std::string> take_unmatched_fields();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::fleet
