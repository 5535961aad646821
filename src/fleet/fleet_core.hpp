// Fleet core: behaviours, commands, conditions, sleep and availability of vehicles, for any link.
#pragma once

#include "behaviour_host.hpp"
#include "command_execution.hpp"
#include "conditions.hpp"
#include "telemetry_publisher.hpp"
#include "vehicle_state.hpp"

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/fleet/vehicles.hpp>
#include <loadsim/net/link_shaper.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace loadsim::fleet {

class vehicle_events;

/// Limits of one call of fleet_core::process_due_conditions(), so that a condition of many vehicles does not block the loop.
struct condition_slice {
    std::uint64_t vehicles = std::numeric_limits<std::uint64_t>::max(); ///< checked for a condition
    std::uint32_t events = std::numeric_limits<std::uint32_t>::max();
    nanoseconds expand_ahead{0}; ///< occurrences are expanded this long before they begin
};

/// Base of the fleets; each derived class is a link: MQTT sessions, a simulated network, or a fake in tests.
class fleet_core : public vehicles, protected behaviour_host {
public:
    void set_next_behaviour(vehicle_id, const vehicle::behaviour&) final;
    void wake(vehicle_id) final;
    void on_broker_down(std::uint32_t condition, std::uint32_t occurrence) final;
    void on_broker_up(std::uint32_t condition) final;
    void end_load() final;
    void set_telemetry_listener(telemetry_listener*) final;
    std::optional<nanoseconds> next_condition_event() const final { return schedule_.next(); }
    void stop() override;

    std::uint32_t size() const noexcept final { return size_; }
    bool available(vehicle_id) const override = 0;
    std::uint32_t available() const noexcept final { return available_count_; }
    std::uint32_t expected_online() const noexcept final { return expected_online_; }
    std::uint32_t online() const noexcept final { return online_count_; }
    measure::vehicle_states states() const noexcept final { return states_; }
    std::uint32_t returning() const noexcept final { return returning_count_; }
    bool all_telemetry_due() const noexcept final { return !telemetry_ || telemetry_->all_due(); }
    bool awaits_telemetry() const final { return telemetry_ && telemetry_->awaits(); }
    const std::string& refusal() const noexcept override { return refusal_; }
    fleet_counts take_counts() override;
    std::vector<std::string> take_unmatched_fields() final { return field_matches_.take_unmatched(); }

    void on_sleep_due(vehicle_id); ///< the vehicle's awake time is over

protected:
    fleet_core(vehicle_events&, const fleet_spec&, const condition_slice& = {});

    // The link. A vehicle reference is valid until release_idle().
    virtual vehicle_state& vehicle_of(vehicle_id) = 0;
    virtual session_state state_of(vehicle_id) const = 0;
    virtual void release_idle() {} ///< no vehicle reference is held
    virtual std::unique_ptr<disruption_state> make_disruptions(const vehicle_state&) = 0;
    virtual std::uint32_t& responses_sent(vehicle_state&) = 0; ///< sequence number of the last response
    virtual draw_counters& draws_of(vehicle_state&) = 0;
    virtual std::int64_t wall_us() const = 0;               ///< system time, since 1970
    virtual bool connected(const vehicle_state&) const = 0; ///< session established; the subscription may be pending
    /// `request`: of a response; empty: presence. Error queue_full: to be tried again.
    virtual std::error_code publish(vehicle_state&, std::string_view request, const contract::outgoing_message&,
                                    mqtt::qos default_qos) = 0;
    /// Ends the connection without an event; false: there was none. A clean close cancels a pending wait as well.
    virtual bool close_link(vehicle_state&, vehicle::disconnect_kind) = 0;
    virtual void on_session_ended(vehicle_state&) {}
    virtual void connect(vehicle_state&) = 0; ///< no-op while connecting, or waiting to connect
    /// Connects at that time. False: waits already.
    virtual bool connect_at(vehicle_state&, monotonic_time) = 0;
    virtual void cancel_wait(vehicle_state&) = 0; ///< for the time given to connect_at()
    virtual void set_blocked(vehicle_state&, bool) {}
    virtual void shape(vehicle_state&, const net::link_shaper::limits&) = 0;
    virtual void on_broker_lost(vehicle_state&, vehicle::condition::outage_mode) {}
    virtual void deliver_pending(vehicle_state&) {} ///< the link may be free again

    // behaviour_host
    bool send_response(command_execution&, const vehicle::response_step&) final;
    void execute(command_execution&) final;
    void disconnect(command_execution&, vehicle::disconnect_kind) override;
    void reconnect(command_execution&) final;
    void ask_program(command_execution&) final;
    bool online(vehicle_id v) const final { return state_of(v) == session_state::online; }
    void end_execution(command_execution&) final;

    /// Parses and reports a received command. Returns its execution, not started yet; null: nothing is to be executed.
    command_execution* accept_command(vehicle_state&, const contract::message_view&, std::string_view response_topic,
                                      monotonic_time);

    /// Makes the publisher of the vehicles' telemetry, if they send some.
    void make_telemetry(telemetry_link&);
    bool comes_back(const vehicle_state&) const; ///< online, or connects as soon as it can

    void process_due_conditions();
    void try_connect(vehicle_state&); ///< unless it must stay offline
    void set_state(vehicle_state&, session_state);
    /// A vehicle that was just added: whether it is expected online before the load.
    void set_first_state(vehicle_state&);
    /// Begin of the load: a vehicle that is offline in the load disconnects, one that sleeps falls asleep.
    void begin_load_of(vehicle_state&);
    void update_state(vehicle_state&); ///< reports and counts changes of reachability, availability and states
    void count_states(vehicle_state&); ///< counts changes of states_
    /// The connection was ended by loadsim or the simulated broker.
    void end_session(vehicle_state&, std::string_view why, session_state next = session_state::offline);
    void disconnect_permanently(vehicle_state&);
    void fall_asleep(vehicle_state&);
    void schedule_sleep(vehicle_state&);
    void report_session_event(const vehicle_state&, std::string what);
    bool publishes_presence() const; ///< and has a will
    void publish_presence(vehicle_state&, std::string_view state);
    bool compose_presence(vehicle_id, std::string_view state); ///< into message_; false: counted as not sent
    nanoseconds next_reconnect_wait(const vehicle_state&, std::uint32_t& attempts, std::uint32_t failed) const;

    disruption_state& disruptions_of(vehicle_state&);
    bool is_link_blocked(const vehicle_state& vehicle) const { ///< in both directions
        return broker_down_ || (vehicle.disruptions && is_blocked(*vehicle.disruptions));
    }
    bool is_reachable(const vehicle_state& vehicle) const {
        return vehicle.state == session_state::online && !is_link_blocked(vehicle);
    }
    bool is_available(const vehicle_state& vehicle) const {
        return fleet::is_available(vehicle, load_start_ != never && behaviour_of(vehicle.id).asleep.has_value());
    }
    const vehicle::behaviour& behaviour_of(vehicle_id v) const {
        return spec_.behaviours[spec_.segments.segment_of(v)];
    }
    vehicle_id id_at(std::uint32_t slot) const { return spec_.shard_partition.vehicle_at(slot); }
    std::uint32_t slot_of(vehicle_id v) const { return spec_.shard_partition.slot_of(v); }
    std::string vin_of(vehicle_id) const;

    vehicle_events& events_;
    const fleet_spec spec_;
    monotonic_time load_start_ = never;
    bool presence_enabled_ = true;
    bool broker_down_ = false;
    bool stopped_ = false;
    std::uint32_t size_;
    std::uint32_t expected_online_ = 0;
    std::uint32_t online_count_ = 0;
    std::uint32_t available_count_ = 0;
    std::uint32_t returning_count_ = 0;
    measure::vehicle_states states_;   ///< without busy; nothing once stopped
    std::uint64_t presence_count_ = 0; ///< encoded; counter of their text draws
    std::string refusal_;
    fleet_counts counts_;
    contract::outgoing_message message_;             ///< buffer of the message being sent, reused
    std::unique_ptr<telemetry_publisher> telemetry_; ///< null: no vehicle sends telemetry

private:
    void process(const condition_event&);
    void update_reachability(vehicle_state&);
    bool is_returning(const vehicle_state&) const;
    void count_affected(vehicle_state&, const measure::totals::occurrence_key&);
    void run(vehicle_state&, const link_actions&, std::string_view reason);

    condition_schedule schedule_;
    const condition_slice slice_;
    timer_callback<fleet_core> condition_timer_{*this, &fleet_core::process_due_conditions};
    std::vector<std::unique_ptr<command_execution>> executions_;
    bool tracks_previous_request_; ///< some behaviour refers to the vehicle's previous request
    contract::field_match_stats field_matches_;
    std::uint32_t commands_checked_ = 0; ///< commands checked for field matches
};

} // namespace loadsim::fleet
