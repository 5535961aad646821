// Fixture of the MQTT fleet with a real broker and a platform session.
#pragma once

#include "broker.hpp"
#include "mqtt_fleet_fixture.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/base/counters.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/mqtt/message.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/mqtt/session.hpp>
#include <loadsim/net/byte_tap.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/mqtt_link.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace loadsim::fleet::mqtt_fleet_tests {

using vehicle::condition;
using vehicle::response_step;
using vehicle::step;
using step_kind = vehicle::step::kind;

inline step make_step(step_kind what, nanoseconds duration = 0s) {
    step s;
    s.type = what;
    s.duration.a = duration;
    return s;
}
inline step wait_for(nanoseconds d) { return make_step(step_kind::wait, d); }
inline step respond_with(response_step::kind what) {
    auto s = make_step(step_kind::respond);
    s.response.type = what;
    return s;
}
inline step disconnect_with(vehicle::disconnect_kind disconnect) {
    auto s = make_step(step_kind::disconnect);
    s.disconnect = disconnect;
    return s;
}
inline const step executed_step = respond_with(response_step::kind::executed);

/// Vehicles and a platform on the same loop: one more MQTT session that sends commands and records received messages.
class mqtt_fleet_test : public mqtt_fleet_fixture, private net::byte_tap {
protected:
    ~mqtt_fleet_test() override { loop_.tap = nullptr; }

    void set_behaviour(std::vector<step> steps) { behaviour_.steps = std::move(steps); }
    condition& add_condition(condition::kind what, nanoseconds at, nanoseconds duration = 0s) {
        auto& c = conditions_.emplace_back();
        c.name = std::string(to_string(what));
        c.type = what;
        c.start = at;
        c.duration.a = duration;
        return c;
    }
    void use_persistent_sessions() {
        options_.mqtt.session.clean_start = false;
        options_.mqtt.session.session_expiry = 10min;
    }

    void connect(const harness::broker& broker) {
        broker_endpoint_ = endpoint_of(broker);
        connect(std::vector{broker_endpoint_});
    }
    static boost::asio::ip::tcp::endpoint endpoint_of(const harness::broker& broker) {
        return {boost::asio::ip::address_v4::loopback(), broker.endpoint().port};
    }
    void connect(const std::vector<boost::asio::ip::tcp::endpoint>& brokers) {
        broker_endpoint_ = brokers.back();
        behaviour_.name = "tested";
        behaviours_.assign(std::max<std::size_t>(1, options_.segments.size()), behaviour_);
        loop_.tap = this;
        create_fleet(brokers);
        if (!platform_.ready) platform_.connect(broker_endpoint_);
        ASSERT_TRUE(run_until([&] { return platform_.ready; }));
        source_addresses_.clear();
        broker_ports_.clear();
        fleet_->start();
    }
    /// Connects, waits until all vehicles are online and begins the load.
    void connect_and_begin_load() {
        ASSERT_NO_FATAL_FAILURE(connect(broker_));
        ASSERT_TRUE(run_until([&] { return fleet_->online() == fleet_->expected_online(); }));
        begin_load();
    }
    void begin_load() {
        load_start_ = loop_.now();
        fleet_->begin_load(load_start_);
    }

    void run_to(nanoseconds t) {
        while (loop_.now() < load_start_ + t) loop_.io().run_for(1ms);
    }
    void send_command(const std::string& id, mqtt::qos quality = mqtt::qos::at_least_once) {
        platform_.send(backend::command_topic(vin(), "horn"),
                       to_json(backend::command{.id = id, .service = "horn", .ts_ms = 0}), quality);
    }
    double elapsed_ms() const { return milliseconds(loop_.now() - load_start_); }
    bool delivered(const std::string& id) const { return deliveries_.contains(id); }
    bool responded(const std::string& id) const { return std::ranges::count(platform_.responses, id) > 0; }
    const auto& responses() const { return platform_.responses; }
    const auto& states() const { return platform_.states; }
    const auto& sequence_numbers() const { return platform_.sequence_numbers; }
    fleet::fleet_counts total_counts() {
        auto now = fleet_->take_counts();
        add(total_counts_.sessions, now.sessions);
        add(total_counts_.recoveries, now.recoveries);
        measure::totals sum, more;
        sum.telemetry = std::move(total_counts_.telemetry);
        sum.backlogs = std::move(total_counts_.backlogs);
        more.telemetry = std::move(now.telemetry);
        more.backlogs = std::move(now.backlogs);
        sum.add(more);
        total_counts_.telemetry = std::move(sum.telemetry);
        total_counts_.backlogs = std::move(sum.backlogs);
        return total_counts_;
    }
    /// One vehicle was affected; `recovery_ms`: time from the begin of the condition to its recovery.
    template <class Matcher>
    void expect_recovery(Matcher recovery_ms) {
        const auto counts = total_counts().recoveries[{0, 0}];
        EXPECT_EQ(counts.affected, 1U);
        ASSERT_EQ(counts.recovery_times.count(), 1U);
        EXPECT_THAT(milliseconds(counts.recovery_times.max()), recovery_ms);
    }

    void add_group(nanoseconds every, std::uint8_t qos = 1, const std::string& payload = "{seq}") {
        options_.telemetry.groups.push_back(
            {.name = "group",
             .every = telemetry::period_always(every),
             .jitter = {0},
             .message = {.topic = "out/{vin}/telemetry", .payload = {.text = payload}, .qos = qos}});
    }

    harness::broker broker_;
    vehicle::behaviour behaviour_; ///< of all segments

    std::map<std::string, int> deliveries_;           ///< deliveries by command id
    std::map<std::string, double> first_delivery_ms_; ///< first delivery, ms
    std::vector<std::string> session_events_;         ///< session events
    std::vector<std::string> reachability_;           ///< "unreachable": unreachable, "reachable": reachable
    std::vector<std::string> condition_events_;       ///< "0 begins", "0 passes": condition index
    std::vector<std::string> source_addresses_;       ///< source addresses of the connections
    mqtt::bytes last_sent_;
    std::vector<std::string> finished_;            ///< "r1 failed door_open"
    std::vector<std::string> malformed_payloads_;  ///< payloads
    std::vector<std::string> campaign_deliveries_; ///< "0 has 1": vehicle 0 received campaign 1
    std::vector<std::uint16_t> broker_ports_;      ///< ports of brokers
    int unauthorized_accepts_ = 0;
    int closed_connections_ = 0;
    std::uint64_t bytes_sent_ = 0; ///< bytes, from the byte tap
    std::uint64_t bytes_received_ = 0;
    bool unknown_connection_ = false; ///< the tap reported an unknown connection

protected:
    class platform final : private net::link_events {
    public:
        explicit platform(net::loop& loop) : link_(loop, options_, *this, 0) {}
        void connect(const boost::asio::ip::tcp::endpoint& endpoint) { link_.connect(endpoint); }
        void send(const std::string& topic, const std::string& payload, mqtt::qos quality) {
            send({.topic = topic, .payload = payload, .quality = quality});
        }
        void send(const mqtt::message& m) { EXPECT_FALSE(link_.publish(m).error); }
        bool ready = false;
        std::function<void(const mqtt::message&)>
            on_custom_message;                      ///< handles messages below "out/", those of custom contracts
        std::vector<std::string> responses;         ///< request ids
        std::vector<std::int64_t> sequence_numbers; ///< sequence numbers
        std::vector<std::string> states;            ///< "online"; "asleep udp"

    private:
        mqtt::identity identify(net::mqtt_link&) override {
            return {.client_id = "platform", .user = "platform", .password = "secret", .last_will = {}};
        }
        void on_online(net::mqtt_link&, const mqtt::server_limits&, const net::connect_times&) override {
            const mqtt::subscription all[] = {
                {.filter = backend::response_filter()}, {.filter = backend::presence_filter()}, {.filter = "out/#"}};
            link_.subscribe(all);
        }
        void on_subscribed(net::mqtt_link&, std::span<const mqtt::reason>) override { ready = true; }
        void on_message(net::mqtt_link&, const mqtt::message& m) override {
            if (m.topic.starts_with("out/")) return on_custom_message ? on_custom_message(m) : void();
            if (m.topic.ends_with("/state")) {
                const auto presence = backend::read_presence(m.payload).value();
                return states.push_back(presence.state + (presence.wake.empty() ? "" : " " + presence.wake));
            }
            const auto response = backend::read_response(m.payload).value();
            responses.push_back(response.id);
            sequence_numbers.push_back(response.seq);
        }
        void on_offline(net::mqtt_link&, std::error_code, bool) override { ready = false; }

        mqtt::session_options options_;
        net::mqtt_link link_;
    };

private:
    fleet::command_info on_delivered(vehicle_id, const contract::message_contract::parsed_command& command,
                                     monotonic_time, bool) override {
        const auto& id = command.id;
        first_delivery_ms_.emplace(id, elapsed_ms());
        return {.first_delivery = ++deliveries_[id] == 1, .arrival = {}};
    }
    void on_finished(vehicle_id, std::string_view request, outcome end, std::string_view code,
                     monotonic_time) override {
        finished_.push_back(fmt::format("{} {} {}", request, to_string(end), code));
    }
    void on_campaign(vehicle_id v, std::uint32_t campaign, monotonic_time) override {
        campaign_deliveries_.push_back(fmt::format("{} has {}", index(v), campaign));
    }
    void on_malformed(vehicle_id, std::string_view, std::string_view payload, monotonic_time) override {
        malformed_payloads_.emplace_back(payload);
    }
    void on_unreachable(vehicle_id) override { reachability_.emplace_back("unreachable"); }
    void on_reachable(vehicle_id) override { reachability_.emplace_back("reachable"); }
    void on_session_event(vehicle_id, std::string&& what, monotonic_time) override {
        session_events_.push_back(std::move(what));
    }
    void on_unauthorized_accept(vehicle_id, monotonic_time) override { ++unauthorized_accepts_; }
    void on_condition_begin(vehicle_id, std::uint32_t c, monotonic_time) override {
        condition_events_.push_back(fmt::format("{} begins", c));
    }
    void on_condition_end(vehicle_id, std::uint32_t c, monotonic_time) override {
        condition_events_.push_back(fmt::format("{} passes", c));
    }
    void on_opened(const connection& c, monotonic_time) override {
        source_addresses_.push_back(c.local.address().to_string());
        broker_ports_.push_back(c.remote.port());
        open_connections_.insert(c.local);
    }
    void on_bytes(const connection& c, bool sent, mqtt::byte_view bytes, monotonic_time) override {
        (sent ? bytes_sent_ : bytes_received_) += bytes.size();
        if (sent) last_sent_.assign(bytes.begin(), bytes.end());
        if (!open_connections_.contains(c.local)) unknown_connection_ = true;
    }
    void on_closed(const connection& c, monotonic_time) override {
        ++closed_connections_;
        if (open_connections_.erase(c.local) == 0) unknown_connection_ = true;
    }

protected:
    platform platform_{loop_};

private:
    boost::asio::ip::tcp::endpoint broker_endpoint_;
    std::set<boost::asio::ip::tcp::endpoint> open_connections_; ///< open connections
    monotonic_time load_start_{};
    fleet::fleet_counts total_counts_;
};

} // namespace loadsim::fleet::mqtt_fleet_tests
