// Paho fleet: the fleet core with a client of Eclipse Paho per vehicle, to compare with loadsim's own MQTT sessions.
#pragma once

#include "fleet_core.hpp"
#include "mqtt_fleet/connect_pacer.hpp"
#include "paho_fleet/credential_folder.hpp"
#include "paho_fleet/paho_client.hpp"
#include "vehicle_identities.hpp"

#include <loadsim/net/loop.hpp>
#include <loadsim/net/server_list.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace loadsim::fleet {

class paho_fleet;
class vehicle_tls;

/// Closing: until Paho has disconnected, or until a connect that is no longer wanted has ended.
enum class paho_phase : std::uint8_t { idle, connecting, online, closing };

struct paho_vehicle : vehicle_state {
    paho_vehicle(paho_fleet&, vehicle_id);

    paho_phase phase = paho_phase::idle;
    bool connect_in_flight = false; ///< occupies a slot among the connects in flight
    bool connected_before = false;
    bool subscription_kept = false; ///< the broker's session holds the subscription
    mqtt::qos maximum_qos = mqtt::qos::exactly_once;
    bool retain_available = true;
    std::uint32_t failed_attempts = 0;  ///< since the last success
    std::uint32_t connect_attempts = 0; ///< total; counter of the reconnect draws
    std::uint32_t broker_switches = 0;  ///< moves to the next broker after a refusal
    std::uint32_t responses_sent = 0;   ///< sequence number of the last response
    draw_counters draws;
    std::string broker; ///< address of the last connect, for counts and sentences
    monotonic_time connect_begun{};
    timer_callback<paho_fleet, vehicle_id> wait_timer; ///< backoff or wake-up delay
    std::unique_ptr<paho_client> client;               ///< null until the first connect
};

/// Does what the scenario's checks accept with `client: paho`: no other disconnects than clean ones, and nothing on the link.
class paho_fleet final : public fleet_core {
public:
    /// Arguments: those of make_paho_fleet().
    paho_fleet(net::loop&, vehicle_events&, const fleet_spec&, std::uint32_t connects_in_flight,
               net::server_list brokers, const vehicle_tls*);

    void start() override;
    void begin_load(monotonic_time start) override;
    void stop() override;
    bool available(vehicle_id v) const override { return at(v).available; }

    void on_wait_elapsed(vehicle_id);

private:
    // fleet_core: the link.
    paho_vehicle& vehicle_of(vehicle_id v) override { return vehicles_[slot_of(v)]; }
    session_state state_of(vehicle_id v) const override { return at(v).state; }
    std::unique_ptr<disruption_state> make_disruptions(const vehicle_state& vehicle) override {
        return std::make_unique<disruption_state>(*this, vehicle.id);
    }
    std::uint32_t& responses_sent(vehicle_state& vehicle) override { return cast(vehicle).responses_sent; }
    draw_counters& draws_of(vehicle_state& vehicle) override { return cast(vehicle).draws; }
    std::int64_t wall_us() const override { return system_time_us(); }
    bool connected(const vehicle_state& vehicle) const override {
        return static_cast<const paho_vehicle&>(vehicle).phase == paho_phase::online;
    }
    std::error_code publish(vehicle_state&, std::string_view request, const contract::outgoing_message&,
                            mqtt::qos default_qos) override;
    bool close_link(vehicle_state&, vehicle::disconnect_kind) override;
    void connect(vehicle_state&) override;
    bool connect_at(vehicle_state&, monotonic_time) override;
    void cancel_wait(vehicle_state& vehicle) override { cast(vehicle).wait_timer.disarm(); }
    void shape(vehicle_state&, const net::link_shaper::limits&) override {} // refused by the checks, as the next two

    // behaviour_host
    void take_over(command_execution&, nanoseconds) override {}
    void stall(command_execution&, nanoseconds) override {}
    void arm(net::timer& t, monotonic_time when) override { loop_.arm(t, when); }
    monotonic_time now() const override { return loop_.now(); }

    void start_due_connects();
    void open_connection(paho_vehicle&);
    void release_connect(paho_vehicle&);
    paho::connect_options connect_options_of(const paho_vehicle&, const client_identity&, bool tls);
    paho::ssl_options tls_options_of(const paho_vehicle&);
    const mqtt::session_options& session_of(const paho_vehicle&) const;

    void on_event(vehicle_id, const paho_event&);
    void on_online(paho_vehicle&, const paho_event&);
    void on_subscribed(paho_vehicle&, const paho_event&);
    void on_message(paho_vehicle&, const paho::message&);
    void on_offline(paho_vehicle&, const paho_event&);
    void on_closed(paho_vehicle&);
    std::string offline_reason(const paho_vehicle&, const paho_event&);

    static paho_vehicle& cast(vehicle_state& vehicle) { return static_cast<paho_vehicle&>(vehicle); }
    const paho_vehicle& at(vehicle_id v) const { return vehicles_[slot_of(v)]; }

    net::loop& loop_;
    const vehicle_tls* tls_; ///< null: no broker uses TLS
    net::server_list servers_;
    const vehicle_identities identities_;
    const mqtt::session_options sleeper_session_options_;
    connect_pacer pacer_;
    timer_callback<paho_fleet> connect_timer_{*this, &paho_fleet::start_due_connects};
    bool starting_connects_ = false; ///< inside start_due_connects()
    std::set<std::string> reported_limits_;
    credential_folder credential_files_;
    std::deque<paho_vehicle> vehicles_; ///< by slot
};

} // namespace loadsim::fleet
