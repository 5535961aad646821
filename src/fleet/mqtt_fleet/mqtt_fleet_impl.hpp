// Implementation of mqtt_fleet: sessions, commands and conditions of MQTT vehicles.
#pragma once

#include "behaviour_host.hpp"
#include "command_execution.hpp"
#include "condition_schedule.hpp"
#include "mqtt_fleet/connect_pacer.hpp"
#include "mqtt_fleet/mqtt_vehicle.hpp"

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/fleet/campaign.hpp>
#include <loadsim/fleet/client_identity.hpp>
#include <loadsim/fleet/mqtt_fleet.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/container/deque.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

struct mqtt_fleet::impl final : behaviour_host, net::link_events, vehicle_timer::owner {
    using session_state = mqtt_vehicle::session_state;

    /// A broker and its known limits.
    struct broker_info {
        boost::asio::ip::tcp::endpoint endpoint;
        mqtt::qos maximum_qos = mqtt::qos::exactly_once;
        bool retain_available = true;
    };

    impl(net::loop&, vehicle_events&, const fleet_spec&, std::uint32_t connects_in_flight,
         std::vector<boost::asio::ip::tcp::endpoint> brokers);

    // mqtt_fleet.cpp: construction, load start, stop, state updates.
    void begin_load(monotonic_time);
    void stop();
    void on_vehicle_timer(vehicle_timer::kind, std::uint32_t slot) override;

    // sessions.cpp: sessions.
    void start_due_connects();
    void release_connect(mqtt_vehicle&);
    void connect(mqtt_vehicle&);
    void try_connect(mqtt_vehicle&); ///< at once, unless it must stay offline
    void on_subscription_ready(mqtt_vehicle&);
    void close_session(mqtt_vehicle&, mqtt::session::close_scope);
    void end_session(mqtt_vehicle&, const std::string& why); ///< loadsim has ended the connection
    void disconnect_permanently(mqtt_vehicle&);
    void fall_asleep(mqtt_vehicle&);
    void schedule_sleep(mqtt_vehicle&);
    void wake(mqtt_vehicle&);
    void subscribe(mqtt_vehicle&, const mqtt::server_limits&);
    std::vector<std::string> filters_of(const mqtt_vehicle&) const; ///< the filter for commands comes first
    void on_subscribe_refused(mqtt_vehicle&, const std::string& filter, mqtt::reason, const std::string& why);
    void on_unauthorized_accept(mqtt_vehicle&);
    std::string offline_reason(const mqtt_vehicle&, std::error_code why);
    void apply_server_limits(mqtt_vehicle&, const mqtt::server_limits&);
    void adjust_to_refusal(mqtt_vehicle&);
    void warn_once(std::string what);
    bool publishes_presence(const mqtt_vehicle&) const;
    void publish_presence(mqtt_vehicle&, std::string_view state);

    // telemetry.cpp: periodic messages.
    void send_due_telemetry();
    void send_telemetry(mqtt_vehicle&);

    // commands.cpp: received commands, sent responses.
    bool handle_campaign_message(const mqtt_vehicle&, const contract::message_view&);
    mqtt::session::published publish(mqtt_vehicle&, const contract::outgoing_message&, mqtt::qos default_qos);

    // conditions.cpp: conditions.
    void process_due_conditions();
    void apply(const condition_event&);
    void clear(const condition_event&);
    void mark_unreachable(mqtt_vehicle&, std::uint32_t condition, std::uint32_t occurrence);
    void record_recovery(mqtt_vehicle&);
    void on_broker_down(std::uint32_t condition, std::uint32_t occurrence);
    void on_broker_up(std::uint32_t condition);

    vehicle_id id_of(const mqtt_vehicle& c) const { return vehicle_id{c.link.tag()}; }
    std::uint32_t slot_of(const mqtt_vehicle& c) const { return c.link.tag() / spec.shard_partition.count; }
    mqtt_vehicle& vehicle_of(vehicle_id v) { return vehicles[index(v) / spec.shard_partition.count]; }
    const mqtt_vehicle& vehicle_of(vehicle_id v) const { return vehicles[index(v) / spec.shard_partition.count]; }
    const vehicle::behaviour& behaviour_of(const mqtt_vehicle& c) const {
        return spec.behaviours[spec.segments.segment_of(id_of(c))];
    }
    broker_info& broker_of(const mqtt_vehicle& c) {
        return brokers[(c.link.tag() + c.broker_switches) % brokers.size()];
    }
    std::string vin_of(const mqtt_vehicle&) const;
    std::int64_t vehicle_wall_us(const mqtt_vehicle&) const; ///< system time as the vehicle's own clock shows it
    disruption_state& disruptions_of(mqtt_vehicle&);
    bool is_link_blocked(const mqtt_vehicle&) const; ///< blocked in both directions
    bool must_stay_offline(const mqtt_vehicle&) const;
    bool is_reachable(const mqtt_vehicle& c) const { return c.subscribed && !is_link_blocked(c); }
    bool is_available(const mqtt_vehicle&) const;
    void update_state(mqtt_vehicle&);         ///< reports and counts changes of reachability and availability
    void set_subscribed(mqtt_vehicle&, bool); ///< session and subscription are up, or no longer
    void report_session_event(const mqtt_vehicle&, std::string what);

    bool send_response(command_execution&, const vehicle::response_step&) override;
    void execute(command_execution&) override;
    void disconnect(command_execution&, vehicle::disconnect_kind) override;
    void reconnect(command_execution&) override;
    bool online(vehicle_id v) const override { return vehicle_of(v).subscribed; }
    void take_over(command_execution&, nanoseconds) override;
    void stall(command_execution&, nanoseconds) override;
    void arm(net::timer& t, monotonic_time when) override { loop.arm(t, when); }
    monotonic_time now() const override { return loop.now(); }
    void end_execution(command_execution&) override;

    mqtt::identity identify(net::mqtt_link&) override;
    void on_online(net::mqtt_link&, const mqtt::server_limits&, nanoseconds took) override;
    void on_message(net::mqtt_link&, const mqtt::message&) override;
    void on_published(net::mqtt_link&, std::uint16_t packet_id, mqtt::reason) override;
    void on_downgraded(net::mqtt_link&) override;
    void on_subscribed(net::mqtt_link&, std::span<const mqtt::reason>) override;
    void on_offline(net::mqtt_link&, std::error_code why, bool was_online) override;
    void on_wait_elapsed(net::mqtt_link&) override;

    /// Timer of the fleet; calls a member function.
    class timer_callback final : public net::timer {
    public:
        using callback = void (impl::*)();
        timer_callback(impl& owner, callback what) : owner_(owner), callback_(what) {}

    private:
        void on_timer(monotonic_time) override { (owner_.*callback_)(); }
        impl& owner_;
        callback callback_;
    };
    /// Block-wise storage with stable addresses; less memory than one allocation per vehicle.
    using vehicle_storage =
        boost::container::deque<mqtt_vehicle, void,
                                boost::container::deque_options_t<boost::container::block_size<256>>>;

    net::loop& loop;
    vehicle_events& events;
    const fleet_spec spec;
    std::vector<broker_info> brokers; ///< assigned round-robin by vehicle index
    identity_templates default_identity;
    std::vector<std::optional<identity_templates>> false_identities; ///< by segment
    std::vector<campaign> campaigns;                                 ///< in the order of the spec
    std::vector<std::vector<std::uint32_t>> campaigns_by_segment;    ///< by segment
    mqtt::session_options sleeper_session_options;                   ///< always a persistent session
    mqtt::session_options takeover_session_options;                  ///< clean start, expires at disconnect
    std::vector<boost::asio::ip::address> source_addresses;          ///< empty: the kernel's choice
    condition_schedule schedule;
    timer_callback connect_timer{*this, &impl::start_due_connects};
    timer_callback condition_timer{*this, &impl::process_due_conditions};
    timer_callback telemetry_timer{*this, &impl::send_due_telemetry};
    vehicle_storage vehicles; ///< by slot: vehicle index / shard count
    connect_pacer pacer;
    std::vector<std::unique_ptr<command_execution>> executions;
    monotonic_time load_start = never;    ///< of the load
    bool starting_connects = false;       ///< inside start_due_connects()
    bool tracks_previous_request = false; ///< some behaviour refers to the vehicle's previous request
    bool broker_down = false;
    bool stopped = false;
    std::uint32_t expected_online = 0;
    std::uint32_t online_count = 0;
    std::uint32_t available_count = 0;
    std::string refusal;
    std::set<std::string> warnings_given;
    fleet_counts counts;
    contract::field_match_stats field_matches;
    std::uint32_t commands_checked = 0; ///< commands checked for field matches
    contract::outgoing_message message; ///< buffer of the last sent message, reused
    std::uint64_t presence_count = 0;   ///< sent; counter of their text draws
    std::uint64_t telemetry_round = 1;  ///< of telemetry
    std::uint32_t telemetry_slot = 0;   ///< slot of the next vehicle in this round
    struct {
        client_identity shown;
        contract::outgoing_message offline;
    } identity; ///< storage behind the views of the last identify()
};

} // namespace loadsim::fleet
