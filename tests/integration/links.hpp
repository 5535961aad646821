// Real vehicles at a real broker, and a platform of the test's own.
#pragma once

#include "broker.hpp"
#include "linked_fleet.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/plan.hpp>
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

namespace loadsim::fleet::linked {

using vehicle::condition;
using vehicle::step;
using vehicle::word;
using kind = vehicle::step::kind;

inline step make(kind what, nanoseconds lasts = 0s) {
    step s;
    s.what = what;
    s.lasts.a = lasts;
    return s;
}
inline step wait(nanoseconds d) { return make(kind::wait, d); }
inline step say(word::kind what) {
    auto s = make(kind::say);
    s.said.what = what;
    return s;
}
inline step part(vehicle::parting way) {
    auto s = make(kind::disconnect);
    s.way = way;
    return s;
}
inline const step executed = say(word::kind::executed);

/// Some vehicles, and a platform on the same loop: one more session, which sends commands and writes down what comes.
class links : public linked_fleet, private net::byte_tap {
protected:
    ~links() override { loop_.tap = nullptr; }

    void behave(std::vector<step> steps) { behaviour_.steps = std::move(steps); }
    condition& befall(condition::kind what, nanoseconds at, nanoseconds lasts = 0s) {
        auto& c = conditions_.emplace_back();
        c.name = std::string(to_string(what));
        c.what = what;
        c.at = at;
        c.lasts.a = lasts;
        return c;
    }
    void keep_sessions() {
        options_.mqtt.session.clean_start = false;
        options_.mqtt.session.session_expiry = 10min;
    }

    void connect(const stage::broker& broker) {
        address_ = address_of(broker);
        connect(std::vector{address_});
    }
    static boost::asio::ip::tcp::endpoint address_of(const stage::broker& broker) {
        return {boost::asio::ip::address_v4::loopback(), broker.endpoint().port};
    }
    void connect(const std::vector<boost::asio::ip::tcp::endpoint>& brokers) {
        address_ = brokers.back();
        behaviour_.name = "tested";
        behaviours_.assign(std::max<std::size_t>(1, options_.segments.size()), behaviour_);
        loop_.tap = this;
        gather(brokers);
        if (!platform_.ready) platform_.connect(address_);
        ASSERT_TRUE(until([&] { return platform_.ready; }));
        opened_.clear();
        opened_at_.clear();
        fleet_->start();
    }
    /// The load begins, with all on line.
    void begin() {
        ASSERT_NO_FATAL_FAILURE(connect(broker_));
        ASSERT_TRUE(until([&] { return fleet_->online() == fleet_->asked(); }));
        begin_load();
    }
    void begin_load() {
        start_ = loop_.now();
        fleet_->begin_load(start_);
    }

    void run_to(nanoseconds t) {
        while (loop_.now() < start_ + t) loop_.io().run_for(1ms);
    }
    void command(const std::string& id, mqtt::qos quality = mqtt::qos::at_least_once) {
        platform_.send(contract::command_topic(vin(), "horn"),
                       to_json(contract::command{.id = id, .service = "horn", .ts_ms = 0}), quality);
    }
    double ms() const { return milliseconds(loop_.now() - start_); }
    bool delivered(const std::string& id) const { return delivered_.contains(id); }
    bool heard(const std::string& id) const { return std::ranges::count(platform_.words, id) > 0; }
    const auto& words() const { return platform_.words; }
    const auto& states() const { return platform_.states; }
    const auto& numbers() const { return platform_.numbers; }
    fleet::seen seen() {
        auto now = fleet_->take();
        seen_.sessions.add(now.sessions);
        for (const auto& [key, counts] : now.recoveries) seen_.recoveries[key].add(counts);
        return seen_;
    }
    /// One was affected, and came back so many milliseconds after the beginning.
    template <class Matcher>
    void expect_recovery(Matcher back_ms) {
        const auto counts = seen().recoveries[{0, 0}];
        EXPECT_EQ(counts.affected, 1U);
        ASSERT_EQ(counts.back.count(), 1U);
        EXPECT_THAT(milliseconds(counts.back.max()), back_ms);
    }

    stage::broker broker_;
    vehicle::behaviour behaviour_; ///< of all segments

    std::map<std::string, int> delivered_;       ///< how often
    std::map<std::string, double> delivered_at_; ///< first, in ms
    std::vector<std::string> session_;           ///< what happened to it
    std::vector<std::string> heard_;             ///< "away", "back"
    std::vector<std::string> struck_;            ///< "0 begins", "0 passes"
    std::vector<std::string> opened_;            ///< the vehicles' connections: where from
    mqtt::bytes last_sent_;
    std::vector<std::string> finished_;    ///< "r1 failed door_open"
    std::vector<std::string> malformed_;   ///< payloads
    std::vector<std::string> got_;         ///< "0 has 1": vehicle and campaign
    std::vector<std::uint16_t> opened_at_; ///< ports of brokers
    int let_in_ = 0;
    int closed_ = 0;
    std::uint64_t sent_ = 0; ///< as was seen on the wire
    std::uint64_t received_ = 0;
    bool elsewhere_ = false; ///< bytes of a connection that nobody had opened

protected:
    class platform final : private net::link_events {
    public:
        explicit platform(net::loop& loop) : link_(loop, options_, *this, 0) {}
        void connect(const boost::asio::ip::tcp::endpoint& where) { link_.connect(where); }
        void send(const std::string& topic, const std::string& payload, mqtt::qos quality) {
            send({.topic = topic, .payload = payload, .quality = quality});
        }
        void send(const mqtt::message& m) { EXPECT_FALSE(link_.publish(m).error); }
        bool ready = false;
        std::function<void(const mqtt::message&)> foreign; ///< what is not of our own contract, below "out"
        std::vector<std::string> words;                    ///< requests that they are of
        std::vector<std::int64_t> numbers;                 ///< in the vehicle's sequence
        std::vector<std::string> states;                   ///< "online"; "asleep udp"

    private:
        mqtt::identity identify(net::mqtt_link&) override {
            return {.client_id = "platform", .user = "platform", .password = "secret", .last_will = {}};
        }
        void on_online(net::mqtt_link&, const mqtt::server_limits&, nanoseconds) override {
            const mqtt::subscription all[] = {
                {.filter = contract::response_filter()}, {.filter = contract::presence_filter()}, {.filter = "out/#"}};
            link_.subscribe(all);
        }
        void on_subscribed(net::mqtt_link&, std::span<const mqtt::reason>) override { ready = true; }
        void on_message(net::mqtt_link&, const mqtt::message& m) override {
            if (m.topic.starts_with("out/")) return foreign ? foreign(m) : void();
            if (m.topic.ends_with("/state")) {
                const auto told = contract::read_presence(m.payload).value();
                return states.push_back(told.state + (told.wake.empty() ? "" : " " + told.wake));
            }
            const auto said = contract::read_response(m.payload).value();
            words.push_back(said.id);
            numbers.push_back(said.seq);
        }
        void on_offline(net::mqtt_link&, std::error_code, bool) override { ready = false; }

        mqtt::session_options options_;
        net::mqtt_link link_;
    };

private:
    fleet::order on_delivered(vehicle_id, std::string_view request, monotonic_time) override {
        const std::string id(request);
        delivered_at_.emplace(id, ms());
        return {.fresh = ++delivered_[id] == 1, .arrival = {}};
    }
    void on_finished(vehicle_id, std::string_view request, outcome end, std::string_view code,
                     monotonic_time) override {
        finished_.push_back(fmt::format("{} {} {}", request, to_string(end), code));
    }
    void on_campaign(vehicle_id v, std::uint32_t which, monotonic_time) override {
        got_.push_back(fmt::format("{} has {}", index(v), which));
    }
    void on_malformed(vehicle_id, std::string_view, std::string_view payload, monotonic_time) override {
        malformed_.emplace_back(payload);
    }
    void on_away(vehicle_id) override { heard_.emplace_back("away"); }
    void on_back(vehicle_id) override { heard_.emplace_back("back"); }
    void on_session(vehicle_id, std::string what, monotonic_time) override { session_.push_back(std::move(what)); }
    void on_let_in(vehicle_id, monotonic_time) override { ++let_in_; }
    void on_struck(vehicle_id, std::uint32_t c, monotonic_time) override {
        struck_.push_back(fmt::format("{} begins", c));
    }
    void on_passed(vehicle_id, std::uint32_t c, monotonic_time) override {
        struck_.push_back(fmt::format("{} passes", c));
    }
    void on_opened(const connection& c, monotonic_time) override {
        opened_.push_back(c.local.address().to_string());
        opened_at_.push_back(c.remote.port());
        known_.insert(c.local);
    }
    void on_bytes(const connection& c, bool sent, mqtt::byte_view bytes, monotonic_time) override {
        (sent ? sent_ : received_) += bytes.size();
        if (sent) last_sent_.assign(bytes.begin(), bytes.end());
        if (!known_.contains(c.local)) elsewhere_ = true;
    }
    void on_closed(const connection& c, monotonic_time) override {
        ++closed_;
        if (known_.erase(c.local) == 0) elsewhere_ = true;
    }

protected:
    platform platform_{loop_};

private:
    boost::asio::ip::tcp::endpoint address_;
    std::set<boost::asio::ip::tcp::endpoint> known_; ///< open connections
    monotonic_time start_{};
    fleet::seen seen_;
};

} // namespace loadsim::fleet::linked
