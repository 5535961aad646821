// Implementation of simulated_fleet: vehicles, broker and network.
#pragma once

#include "behaviour_host.hpp"
#include "command_execution.hpp"
#include "condition_schedule.hpp"
#include "simulated_fleet/simulated_vehicle.hpp"

#include <loadsim/fleet/simulated_fleet.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace loadsim::fleet {

struct simulated_fleet::impl final : behaviour_host, simulated_vehicle_timer::owner {
    using session_state = simulated_vehicle::session_state;

    impl(arm_function, const time_source&, vehicle_events&, const fleet_spec&, uplink_sink&, const simulation_options&);

    // population.cpp: initial states and sparse storage.
    session_state initial_state(vehicle_id) const; ///< state of a vehicle that is not stored
    session_state state_of(vehicle_id) const;
    simulated_vehicle& vehicle_of(vehicle_id);       ///< creates it if needed; valid until release_idle()
    const simulated_vehicle* find(vehicle_id) const; ///< null: in its initial state
    void release_idle();                             ///< call only when no vehicle reference is held
    bool is_idle(const simulated_vehicle&) const;
    void count_initial();
    void begin_load(monotonic_time);
    void count_absent();
    void disconnect_absent();
    void count_rejected(std::uint32_t vehicles); ///< wrong credentials

    // simulated_fleet.cpp: commands and responses.
    void receive_command(simulated_vehicle&, const in_transit_message&);
    void stop();

    // sessions.cpp: sessions and queued messages.
    void establish_session(simulated_vehicle&);
    void try_connect(simulated_vehicle&); ///< unless it must stay offline
    void schedule_reconnect(simulated_vehicle&);
    void end_session(simulated_vehicle&, const std::string& why);
    void disconnect_permanently(simulated_vehicle&);
    void fall_asleep(simulated_vehicle&);
    void schedule_sleep(simulated_vehicle&);
    void wake(simulated_vehicle&);
    void drop_session(simulated_vehicle&,
                      const std::string& why); ///< the broker ends the session on purpose; reconnects after a backoff
    void record_recovery(simulated_vehicle&);
    bool keeps_session(const simulated_vehicle&) const;
    void deliver(simulated_vehicle&, in_transit_message);
    void send_from_vehicle(simulated_vehicle&, in_transit_message);

    // network.cpp: messages in transit.
    void transmit_downlink(simulated_vehicle&, in_transit_message);
    void transmit_uplink(simulated_vehicle&, in_transit_message);
    void deliver_due(simulated_vehicle&);

    // conditions.cpp: conditions.
    void process_due_conditions();
    void process_conditions_in_slices();
    void process(const condition_event&);
    void apply(const condition_event&);
    void clear(const condition_event&);
    void on_broker_down(std::uint32_t condition, std::uint32_t occurrence, vehicle::condition::outage_mode);
    void on_broker_up(std::uint32_t condition);
    void mark_unreachable(simulated_vehicle&, std::uint32_t condition, std::uint32_t occurrence);
    template <class Do>
    void for_each_not_permanently_offline(Do&& act);

    vehicle_id id_at(std::uint32_t slot) const {
        return vehicle_id{slot * spec.shard_partition.count + spec.shard_partition.index};
    }
    vehicle_id id_of(const simulated_vehicle& c) const { return id_at(c.slot); }
    simulated_vehicle_counters& counters_of(simulated_vehicle& c) {
        if (c.counters == nullptr) c.counters = &counters[c.slot];
        return *c.counters;
    }
    const vehicle::behaviour& behaviour_of(const simulated_vehicle& c) const {
        return spec.behaviours[spec.segments.segment_of(id_of(c))];
    }
    std::string vin_of(vehicle_id) const;
    std::int64_t wall_us() const; ///< since 1970
    simulated_disruption_state& disruptions_of(simulated_vehicle&);
    void apply_initial_state(simulated_vehicle&);         ///< initial state of its segment, at load start
    bool is_link_blocked(const simulated_vehicle&) const; ///< blocked in both directions
    bool must_stay_offline(const simulated_vehicle&) const;
    bool is_reachable(const simulated_vehicle& c) const {
        return c.state == session_state::online && !is_link_blocked(c);
    }
    bool is_available(const simulated_vehicle&) const;
    bool is_permanently_offline(vehicle_id v) const {
        const auto state = state_of(v);
        return state == session_state::permanently_offline || state == session_state::rejected;
    }
    void update_state(simulated_vehicle&); ///< reports and counts changes of reachability and availability
    void report_session_event(simulated_vehicle&, const std::string& what);
    void publish_presence(simulated_vehicle&, std::string_view what); ///< a presence message

    bool send_response(command_execution&, const vehicle::response_step&) override;
    void execute(command_execution&) override;
    void disconnect(command_execution&, vehicle::disconnect_kind) override;
    void reconnect(command_execution&) override;
    bool online(vehicle_id) const override;
    void take_over(command_execution&, nanoseconds) override;
    void stall(command_execution&, nanoseconds) override;
    void arm(net::timer& t, monotonic_time when) override { arm_timer(t, when); }
    monotonic_time now() const override { return time.now(); }
    void end_execution(command_execution&) override;
    void on_vehicle_timer(simulated_vehicle_timer::kind, std::uint32_t slot) override;

    class timer_callback final : public net::timer {
    public:
        explicit timer_callback(impl& owner) : owner_(owner) {}

    private:
        void on_timer(monotonic_time) override { owner_.process_due_conditions(); }
        impl& owner_;
    };

    const arm_function arm_timer;
    const time_source& time;
    vehicle_events& events;
    const fleet_spec spec;
    uplink_sink& uplink_receiver;
    const simulation_options simulation;
    condition_schedule schedule;
    timer_callback condition_timer{*this};
    std::uint32_t size = 0;
    std::unordered_map<std::uint32_t, simulated_vehicle>
        vehicles; ///< by slot: vehicles that differ from their initial state
    std::unordered_map<std::uint32_t, simulated_vehicle_counters>
        counters;                               ///< by slot: vehicles with non-zero counters
    std::vector<std::uint32_t> idle_candidates; ///< slots of vehicles that may be back in their initial state
    std::vector<std::unique_ptr<command_execution>> executions;
    std::vector<session_state> segment_states; ///< by segment: state of its vehicles from load start
    bool some_power_on = false;                ///< powered on by a condition
    bool some_absent = false;                  ///< absent at load start or before
    bool load_begun = false;
    bool stopped = false;
    monotonic_time load_start = never;    ///< of the load
    bool tracks_previous_request = false; ///< some behaviour refers to the vehicle's previous request
    bool broker_down = false;             ///< broker outage by restart
    bool broker_frozen = false;           ///< broker outage by freeze
    std::uint32_t expected_online = 0;
    std::uint32_t online_count = 0;
    std::uint32_t available_count = 0;
    std::uint64_t published = 0;
    std::uint64_t received = 0;
    std::uint64_t presence_count = 0;
    fleet_counts counts;
    contract::field_match_stats field_matches;
    std::uint32_t commands_checked = 0; ///< commands checked for field matches
};

} // namespace loadsim::fleet
