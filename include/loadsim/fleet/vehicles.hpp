// Vehicles of one shard: one interface for MQTT sessions, the simulated network of a rehearsal, and the broker's API.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/measure/vehicle_states.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::vehicle {
struct behaviour;
}

namespace loadsim::fleet {

class telemetry_listener;

/// A command handed to the fleet.
struct delivered_command {
    std::string topic; ///< MQTT topic; over HTTP the URL's path, without the leading slash
    std::string payload;
    contract::named_texts headers{}; ///< of the HTTP request: those that the contract reads
    std::uint8_t qos = 1;
    monotonic_time expires = never; ///< dropped if not delivered by then
};

/// Counts of a shard's vehicles since the last take.
struct fleet_counts {
    measure::session_counts sessions;
    std::map<measure::totals::occurrence_key, measure::recovery_counts> recoveries;
    measure::message_counts
        messages; ///< of simulated vehicles: responses and commands; the loop counts those of MQTT links
    measure::broker_api_counts broker_api; ///< responses posted by the broker's API
    std::map<std::string, std::uint64_t>
        broker_limits{}; ///< features that a broker does not support, one sentence each
    std::map<std::uint32_t, measure::telemetry_counts> telemetry{}; ///< by index of group, alarms after groups
    measure::backlog_counts backlogs{};
};

/// Threads: the loop's.
class vehicles {
public:
    virtual ~vehicles() = default;

    /// Called for each telemetry message and alarm that is sent from now on; must outlive this object. Call before start(). Null:
    /// there is no listener.
    virtual void set_telemetry_listener(telemetry_listener*) {}
    /// Starts connecting, at the shard's part of the connect rate. Simulated vehicles are online from the start.
    virtual void start() {}
    /// Load start: vehicles with an offline behaviour disconnect for good; sleeping vehicles fall asleep; time zero of conditions.
    virtual void begin_load(monotonic_time start) = 0;
    /// Delivers a command from the simulated broker or its API. Ignored by MQTT sessions: theirs come from their broker.
    virtual void deliver(vehicle_id, delivered_command&&) {}
    /// Behaviour of the vehicle's next command, instead of its segment's. Must outlive this object.
    virtual void set_next_behaviour(vehicle_id, const vehicle::behaviour&) = 0;
    /// Wake-up trigger for a sleeping vehicle; ignored by a vehicle that is awake.
    virtual void wake(vehicle_id) = 0;
    /// Broker outage, of a condition of that index: every vehicle is unreachable until on_broker_up(), whatever happens to its
    /// connection.
    virtual void on_broker_down(std::uint32_t condition, std::uint32_t occurrence) = 0;
    virtual void on_broker_up(std::uint32_t condition) = 0;
    /// End of load: no further condition begins, no telemetry is due any more.
    virtual void end_load() = 0;
    /// Time of the next condition event, since the load's start; nullopt: none.
    virtual std::optional<nanoseconds> next_condition_event() const = 0;
    /// Ends every session; nothing reconnects, responses not sent yet are dropped.
    virtual void stop() = 0;

    virtual std::uint32_t size() const noexcept = 0;
    /// A command can be sent to the vehicle: online, or offline on purpose.
    virtual bool available(vehicle_id) const = 0;
    virtual std::uint32_t available() const noexcept = 0;       ///< number of available vehicles
    virtual std::uint32_t expected_online() const noexcept = 0; ///< vehicles expected online before the load
    virtual std::uint32_t online() const noexcept = 0;          ///< vehicles with a session and a subscription
    /// Asleep, connecting and blocked vehicles; the ledger counts busy ones.
    virtual measure::vehicle_states states() const noexcept = 0;
    /// Vehicles that a condition made unreachable and that connect again, as nothing keeps them offline any more.
    virtual std::uint32_t returning() const noexcept = 0;
    virtual bool idle() const noexcept { return true; } ///< no response waits to be posted
    /// All telemetry of the load has been due, and is begun.
    virtual bool all_telemetry_due() const noexcept { return true; }
    /// Telemetry is in flight, or waits in the store of a vehicle that is online or connects.
    virtual bool awaits_telemetry() const { return false; }
    /// Reason that ends the run: permanent refusal by the broker (bad credentials, refused subscription, no wildcards ...), or
    /// responses that cannot be posted (invalid inbound URL, unknown host); empty: no error.
    virtual const std::string& refusal() const noexcept = 0;
    virtual fleet_counts take_counts() = 0;
    /// Contract fields that matched no message since the last call, one sentence each.
    virtual std::vector<std::string> take_unmatched_fields() = 0;
};

} // namespace loadsim::fleet
