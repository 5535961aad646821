// MQTT fleet: the fleet core with one MQTT session per vehicle.
#pragma once

#include "fleet_core.hpp"
#include "mqtt_fleet/connect_pacer.hpp"
#include "mqtt_fleet/mqtt_vehicle.hpp"
#include "vehicle_identities.hpp"

#include <loadsim/fleet/campaign.hpp>
#include <loadsim/fleet/client_identity.hpp>
#include <loadsim/fleet/vehicle_tls.hpp>
#include <loadsim/net/server_list.hpp>
#include <loadsim/net/tls_session.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/container/deque.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace loadsim::fleet {

class mqtt_fleet final : public fleet_core, private net::link_events, private telemetry_link {
public:
    /// Arguments: those of make_mqtt_fleet().
    mqtt_fleet(net::loop&, vehicle_events&, const fleet_spec&, std::uint32_t connects_in_flight,
               net::server_list brokers, const vehicle_tls*);

    void start() override;
    void begin_load(monotonic_time start) override;
    void stop() override;
    bool available(vehicle_id v) const override { return at(v).available; }

    void resume_reading(vehicle_id); ///< a stall is over

private:
    /// A broker and its known limits.
    struct broker_info {
        explicit broker_info(const boost::asio::ip::tcp::endpoint& e) : endpoint(e), name(net::to_string(e)) {}

        boost::asio::ip::tcp::endpoint endpoint;
        std::string name;               ///< of the endpoint, for counts and sentences
        std::string tls_host{};         ///< of the URL, if that is mqtts; empty: no TLS
        net::tls_ticket ticket{};       ///< the last one, for tls_resumption::endpoint
        std::uint32_t packet_limit = 0; ///< that the vehicles' messages were compared with; 0: none
        mqtt::qos maximum_qos = mqtt::qos::exactly_once;
        bool retain_available = true;
    };
    /// Block-wise storage with stable addresses; less memory than one allocation per vehicle.
    using vehicle_storage =
        boost::container::deque<mqtt_vehicle, void,
                                boost::container::deque_options_t<boost::container::block_size<256>>>;

    // fleet_core: the link.
    mqtt_vehicle& vehicle_of(vehicle_id v) override { return vehicles_[slot_of(v)]; }
    session_state state_of(vehicle_id v) const override { return at(v).state; }
    std::unique_ptr<disruption_state> make_disruptions(const vehicle_state&) override;
    std::uint32_t& responses_sent(vehicle_state& vehicle) override { return cast(vehicle).responses_sent; }
    draw_counters& draws_of(vehicle_state& vehicle) override { return disruptions_of(vehicle).draws; }
    std::int64_t wall_us() const override { return system_time_us(); }
    bool connected(const vehicle_state& vehicle) const override {
        return static_cast<const mqtt_vehicle&>(vehicle).link.online();
    }
    std::error_code publish(vehicle_state&, std::string_view request, const contract::outgoing_message&,
                            mqtt::qos default_qos) override;
    bool close_link(vehicle_state&, vehicle::disconnect_kind) override;
    void on_session_ended(vehicle_state& vehicle) override { release_connect(cast(vehicle)); }
    void connect(vehicle_state&) override;
    bool connect_at(vehicle_state&, monotonic_time) override;
    void cancel_wait(vehicle_state&) override;
    void set_blocked(vehicle_state& vehicle, bool blocked) override {
        blocked ? cast(vehicle).link.block() : cast(vehicle).link.unblock();
    }
    void shape(vehicle_state& vehicle, const net::link_shaper::limits& limits) override {
        cast(vehicle).link.shape(limits);
    }

    // telemetry_link
    bool can_send(vehicle_id v) const override { return is_reachable(at(v)) && at(v).link.online(); }
    published publish_telemetry(vehicle_id, const mqtt::message&) override;
    std::uint32_t send_quota(vehicle_id v) const override { return at(v).link.send_quota(); }
    bool keeps_messages(vehicle_id v) const override { return at(v).link.session().unacknowledged() > 0; }
    void discard_message(vehicle_id v, std::uint16_t packet_id) override {
        vehicle_of(v).link.discard_message(packet_id);
    }
    bool comes_back(vehicle_id v) const override { return fleet_core::comes_back(at(v)); }

    // behaviour_host
    void take_over(command_execution&, nanoseconds) override;
    void stall(command_execution&, nanoseconds) override;
    void arm(net::timer& t, monotonic_time when) override { loop_.arm(t, when); }
    monotonic_time now() const override { return loop_.now(); }

    // net::link_events
    std::error_code make_tls(net::mqtt_link&, std::unique_ptr<net::tls_session>&) override;
    void on_ticket(net::mqtt_link&, net::tls_ticket&&) override;
    mqtt::identity identify(net::mqtt_link&) override;
    void on_online(net::mqtt_link&, const mqtt::server_limits&, const net::connect_times&) override;
    void on_message(net::mqtt_link&, const mqtt::message&) override;
    void on_published(net::mqtt_link&, std::uint16_t packet_id, mqtt::reason) override;
    void on_downgraded(net::mqtt_link&) override;
    void on_subscribed(net::mqtt_link&, std::span<const mqtt::reason>) override;
    void on_offline(net::mqtt_link&, std::error_code why, bool was_online) override;
    void on_wait_elapsed(net::mqtt_link&) override;

    // sessions.cpp: connect, subscribe, reconnect.
    void start_due_connects();
    void record_connect(const net::connect_times&);
    void open_connection(mqtt_vehicle&);
    void release_connect(mqtt_vehicle&);
    void on_subscription_ready(mqtt_vehicle&);
    void subscribe(mqtt_vehicle&, const mqtt::server_limits&);
    std::vector<std::string> filters_of(const mqtt_vehicle&) const; ///< the filter for commands comes first
    void on_subscribe_refused(mqtt_vehicle&, const std::string& filter, mqtt::reason, const std::string& why);
    void on_unauthorized_accept(mqtt_vehicle&);
    certificate::certificate_fault certificate_fault_of(const mqtt_vehicle&) const;
    std::string tls_error(const mqtt_vehicle&, std::error_code why);
    std::string offline_reason(const mqtt_vehicle&, std::error_code why, bool was_online);

    // broker_limits.cpp: what the brokers do not support.
    void apply_server_limits(mqtt_vehicle&, const mqtt::server_limits&);
    void check_qos(mqtt::qos supported);
    void check_packet_sizes(const mqtt_vehicle&, std::size_t limit);
    using size_check = std::function<void(std::string_view what, const std::string& key)>;
    void check_telemetry_sizes(vehicle_id, contract::outgoing_message&, const size_check&) const;
    void adjust_to_refusal(mqtt_vehicle&);
    void report_limit(const std::string& sentence);

    // messages.cpp: commands, campaigns, publishing.
    bool handle_campaign_message(const mqtt_vehicle&, const contract::message_view&);

    static mqtt_vehicle& cast(vehicle_state& vehicle) { return static_cast<mqtt_vehicle&>(vehicle); }
    const mqtt_vehicle& at(vehicle_id v) const { return vehicles_[slot_of(v)]; }
    mqtt_vehicle& vehicle_of(const net::mqtt_link& link) { return vehicle_of(vehicle_id{link.tag()}); }
    mqtt_disruption_state& disruptions_of(vehicle_state& vehicle) {
        return static_cast<mqtt_disruption_state&>(fleet_core::disruptions_of(vehicle));
    }
    static const mqtt_disruption_state* find_disruptions(const vehicle_state& vehicle) { ///< null: none so far
        return static_cast<const mqtt_disruption_state*>(vehicle.disruptions.get());
    }
    broker_info& broker_of(const mqtt_vehicle& vehicle) { return brokers_[vehicle.broker]; }
    const broker_info& assign_broker(mqtt_vehicle&);

    net::loop& loop_;
    const vehicle_tls* tls_;                                     ///< null: no broker uses TLS
    std::optional<net::tls_context> tls_context_;                ///< of tls_; nullopt until the first connect
    std::string credentials_error_;                              ///< of the last call of make_tls()
    std::unordered_map<std::uint32_t, net::tls_ticket> tickets_; ///< by slot, for tls_resumption::vehicle
    net::server_list servers_;
    std::shared_ptr<const std::vector<net::server>> listed_servers_; ///< that listed_brokers_ is of
    std::vector<broker_info> brokers_; ///< all so far: a vehicle may be connected to one that is no longer listed
    std::vector<std::uint16_t> listed_brokers_; ///< indexes into brokers_; assigned round-robin by vehicle index
    vehicle_identities identities_;
    std::vector<campaign> campaigns_;                              ///< in the order of the spec
    std::vector<std::vector<std::uint32_t>> campaigns_by_segment_; ///< by segment
    mqtt::session_options sleeper_session_options_;                ///< always a persistent session
    mqtt::session_options takeover_session_options_;               ///< clean start, expires at disconnect
    std::vector<boost::asio::ip::address> source_addresses_;       ///< empty: the kernel's choice
    timer_callback<mqtt_fleet> connect_timer_{*this, &mqtt_fleet::start_due_connects};
    vehicle_storage vehicles_; ///< by slot
    connect_pacer pacer_;
    bool starting_connects_ = false; ///< inside start_due_connects()
    std::set<std::string> reported_limits_;
    bool stale_session_reported_ = false;
    struct {
        client_identity shown;
        contract::outgoing_message offline;
    } identity_; ///< storage behind the views of the last identify()
};

} // namespace loadsim::fleet
