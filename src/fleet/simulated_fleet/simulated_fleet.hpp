// Simulated fleet: the fleet core with a simulated broker and network, and sparse storage of vehicles.
#pragma once

#include "fleet_core.hpp"
#include "simulated_fleet/simulated_vehicle.hpp"

#include <loadsim/fleet/simulated_fleet.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace loadsim::fleet {

class simulated_fleet : public fleet_core, private telemetry_link {
public:
    /// Arguments: those of make_simulated_fleet().
    simulated_fleet(arm_function, const time_source&, vehicle_events&, const fleet_spec&, uplink_sink&,
                    const simulation_options& = {});

    void begin_load(monotonic_time start) override;
    void deliver(vehicle_id, delivered_command&&) override;
    void stop() override;
    bool available(vehicle_id) const override;
    std::size_t stored_vehicles() const noexcept { return vehicles_.size(); } ///< apart from their counters

    void on_delivery_due(vehicle_id);
    void on_reconnect_due(vehicle_id);

protected:
    monotonic_time now() const final { return time_.now(); }

private:
    // fleet_core: the link.
    simulated_vehicle& vehicle_of(vehicle_id) final; ///< creates it if needed; valid until release_idle()
    session_state state_of(vehicle_id) const final;
    void release_idle() final;
    std::unique_ptr<disruption_state> make_disruptions(const vehicle_state&) final;
    std::uint32_t& responses_sent(vehicle_state& vehicle) final { return counters_of(vehicle).responses_sent; }
    draw_counters& draws_of(vehicle_state& vehicle) final { return counters_of(vehicle).draws; }
    std::int64_t wall_us() const final;
    bool connected(const vehicle_state& vehicle) const final { return vehicle.state == session_state::online; }
    std::error_code publish(vehicle_state&, std::string_view request, const contract::outgoing_message&,
                            mqtt::qos default_qos) final;
    bool close_link(vehicle_state& vehicle, vehicle::disconnect_kind) final { return connected(vehicle); }
    void on_session_ended(vehicle_state&) final;
    void connect(vehicle_state&) final;
    bool connect_at(vehicle_state&, monotonic_time) final;
    void cancel_wait(vehicle_state& vehicle) final { disruptions_of(vehicle).reconnect_timer.disarm(); }
    void shape(vehicle_state& vehicle, const net::link_shaper::limits& limits) final {
        disruptions_of(vehicle).shape = limits;
    }
    void on_broker_lost(vehicle_state&, vehicle::condition::outage_mode) final;
    void deliver_pending(vehicle_state&) final;

    // behaviour_host
    void disconnect(command_execution&, vehicle::disconnect_kind) final;
    void take_over(command_execution&, nanoseconds) final;
    void stall(command_execution&, nanoseconds) final;
    void arm(net::timer& t, monotonic_time when) final { arm_timer_(t, when); }

    // telemetry_link
    bool can_send(vehicle_id) const final;
    published publish_telemetry(vehicle_id, const mqtt::message&) final;
    std::uint32_t send_quota(vehicle_id) const final { return std::numeric_limits<std::uint16_t>::max(); }
    bool keeps_messages(vehicle_id) const final;
    bool comes_back(vehicle_id) const final;

    // population.cpp: initial states and sparse storage.
    session_state initial_state(vehicle_id) const;   ///< state of a vehicle that is not stored
    const simulated_vehicle* find(vehicle_id) const; ///< null: in its initial state
    bool is_idle(const simulated_vehicle&) const;
    void count_initial();
    void count_absent();
    void disconnect_absent();
    void count_rejected(std::uint32_t count); ///< wrong credentials
    void publish_presence_of_sleeping();

    // sessions.cpp: sessions and queued messages.
    void establish_session(vehicle_state&);
    void schedule_reconnect(vehicle_state&);
    void drop_session(vehicle_state&, std::string_view why); ///< by the broker; reconnects after a backoff
    bool keeps_session(const vehicle_state&) const;
    bool can_exchange(const vehicle_state&) const; ///< online, and not half open
    void send_to_vehicle(vehicle_state&, in_transit_message);
    void send_from_vehicle(vehicle_state&, in_transit_message);
    void receive(vehicle_state&, const in_transit_message&); ///< by the vehicle
    void receive_command(vehicle_state&, const in_transit_message&);
    void count_published(std::size_t bytes); ///< a message with so many bytes of topic and payload
    void count_received(std::size_t bytes);

    // sessions.cpp: messages in transit.
    void transmit_downlink(vehicle_state&, in_transit_message);
    void transmit_uplink(vehicle_state&, in_transit_message);
    void hand_over(vehicle_state&, const in_transit_message&); ///< to the platform
    bool is_uplink_free(const vehicle_state&) const;           ///< neither blocked nor slow, nothing queued

    simulated_vehicle_counters& counters_of(vehicle_state&);
    simulated_disruption_state& disruptions_of(vehicle_state& vehicle) {
        return static_cast<simulated_disruption_state&>(fleet_core::disruptions_of(vehicle));
    }
    static simulated_disruption_state* find_disruptions(const vehicle_state& vehicle) { ///< null: none so far
        return static_cast<simulated_disruption_state*>(vehicle.disruptions.get());
    }

    const arm_function arm_timer_;
    const time_source& time_;
    uplink_sink& uplink_receiver_;
    const simulation_options simulation_;
    std::unordered_map<std::uint32_t, simulated_vehicle>
        vehicles_; ///< by slot: those that differ from their initial state
    std::unordered_map<std::uint32_t, simulated_vehicle_counters>
        counters_;                               ///< by slot: vehicles with non-zero counters
    std::vector<std::uint32_t> idle_candidates_; ///< slots of vehicles that may be back in their initial state
    std::vector<session_state> segment_states_;  ///< by segment: state of its vehicles from load start
    timer_callback<simulated_fleet> presence_timer_{*this, &simulated_fleet::publish_presence_of_sleeping};
    std::uint32_t next_presence_slot_ = 0; ///< first one of publish_presence_of_sleeping()
    bool presence_pending_ = false;        ///< of vehicles from that slot on
    bool some_power_on_ = false;           ///< powered on by a condition
    bool some_absent_ = false;             ///< absent at load start or before
    bool load_begun_ = false;
    bool broker_restarts_ = false; ///< the outage is one by restart: connects are refused
};

} // namespace loadsim::fleet
