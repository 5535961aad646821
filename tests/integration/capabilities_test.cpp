// What brokers have and have not, and what vehicles and the sessions of our own make of it.
#include "broker.hpp"
#include "fake_server.hpp"
#include "linked_fleet.hpp"

#include <loadsim/contract/terms.hpp>
#include <loadsim/drive/mqtt_driver.hpp>
#include <loadsim/drive/publisher.hpp>
#include <loadsim/mqtt/packet.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using mqtt::property;
using mqtt::qos;
using mqtt::reason;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using vehicle::step;
using vehicle::word;

namespace {

/// Just enough of a broker (5.0), which has what it says in CONNACK; writes down what it is sent, as a person reads it.
class picky_broker {
public:
    mqtt::property_block connack;
    std::function<reason(const mqtt::connect_packet&)> judge = [](const auto&) { return reason::success; };
    reason granted = reason::granted_qos_1;
    bool puback_for_all = false;                                  ///< also for QoS 2
    std::vector<std::pair<std::string, std::string>> to_vehicles; ///< topic and payload, behind each SUBACK

    stage::reaction operator()(std::string& unread) {
        stage::reaction r;
        for (;;) {
            const mqtt::byte_view in{reinterpret_cast<const std::uint8_t*>(unread.data()), unread.size()};
            mqtt::header h;
            if (read_header(in, h) != mqtt::framing::complete || in.size() < h.packet_size()) break;
            mqtt::bytes out;
            r.close = !answer(mqtt::frame(h, in), out);
            r.bytes.append(out.begin(), out.end());
            unread.erase(0, h.packet_size());
        }
        return r;
    }
    std::vector<std::string> diary() const {
        const std::lock_guard lock(mutex_);
        return diary_;
    }

private:
    static constexpr auto v5 = mqtt::version::v5_0;

    void note(std::string line) {
        const std::lock_guard lock(mutex_);
        diary_.push_back(std::move(line));
    }
    bool answer(const mqtt::frame& f, mqtt::bytes& out) {
        using enum mqtt::packet_type;
        if (f.type == connect) {
            mqtt::connect_packet p;
            EXPECT_EQ(decode(f, p), reason::success);
            note(fmt::format("connect '{}'{}", p.client_id,
                             p.will ? fmt::format(" will q{}{}", static_cast<int>(p.will->quality),
                                                  p.will->retain ? " retained" : "")
                                    : ""));
            const auto code = judge(p);
            (void)encode(
                mqtt::connack_packet{.code = code,
                                     .props = code == reason::success ? this->connack.view() : mqtt::properties{}},
                v5, out);
            return code == reason::success;
        }
        if (f.type == publish) {
            mqtt::publish_packet p;
            EXPECT_EQ(decode(f, v5, p), reason::success);
            note(fmt::format("publish {} q{}{}", p.topic, static_cast<int>(p.quality), p.retain ? " retained" : ""));
            const bool acknowledged =
                p.quality == qos::at_least_once || (p.quality == qos::exactly_once && puback_for_all);
            if (acknowledged) (void)encode(mqtt::ack_packet{.type = puback, .packet_id = p.packet_id}, v5, out);
        } else if (f.type == subscribe) {
            mqtt::subscribe_packet p;
            EXPECT_EQ(decode(f, v5, p), reason::success);
            mqtt::bytes codes;
            for (auto rest = p.filters; const auto one = take_subscription(rest, v5);) {
                note(fmt::format("subscribe {} q{}", one->filter, static_cast<int>(one->quality)));
                codes.push_back(static_cast<std::uint8_t>(granted));
            }
            (void)encode(mqtt::suback_packet{.packet_id = p.packet_id, .codes = codes}, v5, out);
            for (const auto& [topic, payload] : to_vehicles)
                (void)encode(mqtt::message{.topic = topic, .payload = payload}, 0, v5, out);
        }
        return true;
    }

    mutable std::mutex mutex_;
    std::vector<std::string> diary_;
};

/// Vehicles, and a driver on their loop if a test wants one.
class capabilities : public fleet::linked::linked_fleet, private drive::driver_events {
protected:
    capabilities() {
        options_.connect_rate = {1000};
        options_.reconnect.base = options_.reconnect.cap = 20ms;
    }

    void listen() {
        server_ =
            std::make_unique<stage::fake_server>([this](std::size_t, std::string& unread) { return broker_(unread); });
        brokers_ = {server_->address()};
    }
    void connect() {
        gather(brokers_);
        fleet_->start();
    }
    void begin() {
        connect();
        ASSERT_TRUE(until([&] { return fleet_->online() == options_.vehicles; }));
        fleet_->begin_load(loop_.now());
    }
    /// With the vehicles' contract; ready, or with trouble.
    std::string drive(mqtt::version protocol = mqtt::version::v5_0) {
        if (!terms_) terms_ = std::make_unique<contract::terms>(contract::terms::compile(contract_).value());
        drive::driver_events& events = *this;
        driver_ = drive::make_mqtt_driver(loop_, events,
                                          {.options = driver_options_,
                                           .protocol = protocol,
                                           .terms = *terms_,
                                           .name = "driver",
                                           .brokers = brokers_,
                                           .watch = &watch_});
        std::optional<std::string> ready;
        driver_->start([&](std::string trouble) { ready = std::move(trouble); });
        EXPECT_TRUE(until([&] { return ready.has_value(); }));
        return ready.value_or("nothing");
    }
    void send(std::uint64_t arrival) {
        driver_->send({.arrival = arrival_id{arrival}, .vehicle = vehicle_id{0}}, cars_->vin_of(vehicle_id{0}), "horn");
    }
    auto reasons() {
        for (const auto& [why, count] : fleet_->take().sessions.reasons) reasons_[why] += count;
        return reasons_;
    }

    picky_broker broker_;
    std::unique_ptr<stage::fake_server> server_;
    std::vector<boost::asio::ip::tcp::endpoint> brokers_;
    drive::mqtt_options driver_options_;
    contract::fit watch_;
    std::unique_ptr<drive::driver> driver_;
    std::vector<std::string> told_; ///< of the driver: "sent", "accepted driver-1", "ended driver-1 failed door_open"
    int finished_ = 0;

private:
    fleet::order on_delivered(vehicle_id, std::string_view, monotonic_time) override { return {}; }
    void on_finished(vehicle_id, std::string_view, outcome, std::string_view, monotonic_time) override { ++finished_; }
    void on_malformed(vehicle_id, std::string_view, std::string_view, monotonic_time) override { ADD_FAILURE(); }

    bool still_wanted(request_key) const override { return true; }
    void on_sent(request_key, monotonic_time) override { told_.emplace_back("sent"); }
    void on_accepted(request_key, std::string_view id, monotonic_time) override {
        told_.push_back(fmt::format("accepted {}", id));
    }
    void on_rejected(request_key, std::string_view, monotonic_time) override { ADD_FAILURE(); }
    void on_errored(request_key, std::string_view why, monotonic_time) override {
        told_.push_back(fmt::format("errored {}", why));
    }
    void on_ended(vehicle_id, std::string_view id, outcome end, std::string_view why, monotonic_time) override {
        told_.push_back(fmt::format("ended {} {} {}", id, to_string(end), why));
    }
    void on_malformed() override { told_.emplace_back("malformed"); }

    std::map<std::string, std::uint64_t> reasons_;
};

step say(word::kind what) {
    step s;
    s.what = step::kind::say;
    s.said.what = what;
    if (what == word::kind::failed) s.said.code = "door_open";
    return s;
}

// Vehicles.

TEST_F(capabilities, what_the_broker_has_not_is_not_asked_of_it) {
    broker_.connack.add(property::maximum_qos, 0U).add(property::retain_available, 0U);
    broker_.judge = [](const mqtt::connect_packet& p) { // 3.2.2.3.4, 3.2.2.3.5
        if (p.will && p.will->quality != qos::at_most_once) return reason::qos_not_supported;
        return p.will && p.will->retain ? reason::retain_not_supported : reason::success;
    };
    broker_.granted = reason::success;
    broker_.to_vehicles = {{"t", R"({"id":"r1"})"}};
    behaviours_[0].steps = {say(word::kind::executed)};
    listen();
    ASSERT_NO_FATAL_FAILURE(begin());
    ASSERT_TRUE(until([&] { return finished_ == 1; }));
    const auto state = "publish v1/" + vin() + "/state q0";
    ASSERT_TRUE(until([&] { return broker_.diary().size() == 6; }));
    EXPECT_THAT(broker_.diary(),
                testing::UnorderedElementsAre("connect '" + vin() + "' will q1 retained",
                                              "connect '" + vin() + "' will q0 retained",
                                              "connect '" + vin() + "' will q0", "subscribe v1/" + vin() + "/cmd/# q1",
                                              state, "publish v1/" + vin() + "/rsp/r1 q0"));
    EXPECT_EQ(fleet_->refusal(), "");
    EXPECT_THAT(reasons(), Contains(Pair("the broker's highest QoS is 0: answers are sent with that", 1)));
    EXPECT_THAT(reasons(), Contains(Pair("the broker retains nothing: presence is sent, and not kept", 1)));
}

TEST_F(capabilities, broker_without_wildcards_is_one_sentence_before_the_load) {
    broker_.connack.add(property::wildcard_subscription_available, 0U);
    options_.vehicles = 3;
    listen();
    connect();
    ASSERT_TRUE(until([&] { return !fleet_->refusal().empty(); }));
    EXPECT_THAT(fleet_->refusal(), HasSubstr("/cmd/#"));
    EXPECT_THAT(fleet_->refusal(), HasSubstr("contract.command.filter"));
    EXPECT_THAT(broker_.diary(), testing::Each(testing::Not(HasSubstr("subscribe"))));
    EXPECT_EQ(fleet_->online(), 0U);
}

TEST_F(capabilities, broker_without_wildcards_will_do_where_none_are_needed) {
    broker_.connack.add(property::wildcard_subscription_available, 0U).add(property::shared_subscription_available, 0U);
    contract_.command.filter = "cars/{vin}/in";
    listen();
    ASSERT_NO_FATAL_FAILURE(begin());
    EXPECT_EQ(fleet_->refusal(), "");
}

TEST_F(capabilities, lower_qos_than_was_asked_for_is_told_once) {
    broker_.granted = reason::success;
    options_.vehicles = 5;
    listen();
    ASSERT_NO_FATAL_FAILURE(begin());
    EXPECT_THAT(reasons(), ElementsAre(Pair("the broker grants QoS 0 where 1 was asked for", 1)));
}

TEST_F(capabilities, refused_filter_is_named) {
    broker_.granted = reason::not_authorized;
    listen();
    connect();
    ASSERT_TRUE(until([&] { return !fleet_->refusal().empty(); }));
    EXPECT_THAT(fleet_->refusal(), HasSubstr("v1/" + vin() + "/cmd/# (not authorized)"));
}

TEST_F(capabilities, session_that_the_broker_keeps_for_less_is_told_once) {
    broker_.connack.add(property::session_expiry_interval, 60U);
    options_.vehicles = 5;
    options_.mqtt.session.clean_start = false;
    options_.mqtt.session.session_expiry = 3600s;
    listen();
    ASSERT_NO_FATAL_FAILURE(begin());
    EXPECT_THAT(reasons(), ElementsAre(Pair("the broker keeps sessions for 60 s and not for 3600 s", 1)));
}

TEST_F(capabilities, name_that_the_broker_gives_is_kept) {
    broker_.connack.add(property::assigned_client_identifier, "auto-1");
    broker_.to_vehicles = {{"t", R"({"id":"r1"})"}};
    options_.mqtt.client_id.clear();
    options_.mqtt.presence = false;
    step part;
    part.what = step::kind::disconnect;
    step again;
    again.what = step::kind::reconnect;
    behaviours_[0].steps = {part, again, say(word::kind::executed)};
    listen();
    ASSERT_NO_FATAL_FAILURE(begin());
    ASSERT_TRUE(until([&] { return broker_.diary().size() >= 3; }));
    EXPECT_THAT(broker_.diary(), Contains("connect ''"));
    EXPECT_THAT(broker_.diary(), Contains("connect 'auto-1'"));
}

TEST_F(capabilities, puback_for_qos_2_is_counted_and_nothing_hangs) {
    broker_.connack.add(property::receive_maximum, 1U); // so that a message that hangs keeps the next one
    broker_.puback_for_all = true;
    broker_.to_vehicles = {{"t", R"({"id":"r1"})"}};
    options_.mqtt.response_qos = qos::exactly_once;
    behaviours_[0].steps = {say(word::kind::ack), say(word::kind::running), say(word::kind::executed)};
    listen();
    ASSERT_NO_FATAL_FAILURE(begin());
    ASSERT_TRUE(until([&] { return reasons()["the broker answered QoS 2 with PUBACK"] == 3; }));
    EXPECT_EQ(std::ranges::count(broker_.diary(), "publish v1/" + vin() + "/rsp/r1 q2"), 3);
    EXPECT_EQ(fleet_->online(), 1U);
}

// The driver.

TEST_F(capabilities, driver_is_answered_by_its_own_topic_or_by_the_contracts) {
    const stage::broker real;
    brokers_ = {{boost::asio::ip::address_v4::loopback(), real.endpoint().port}};
    struct row {
        const char* why;
        mqtt::version protocol;
        std::function<void(contract::options&)> change;
    };
    const row rows[] = {
        {"5.0", mqtt::version::v5_0, [](auto&) {}},
        {"3.1.1", mqtt::version::v3_1_1, [](auto&) {}},
        {"topics of the contract's own", mqtt::version::v5_0, [](auto& o) { o.answers_as_asked = false; }},
        {"an id in the topic", mqtt::version::v5_0,
         [](auto& o) {
             o.words.id = "topic[3]";
             for (auto* m : {&o.ack, &o.running, &o.executed, &o.failed})
                 m->payload.text = R"({"phase":"final","ok":false,"code":"{code}"})";
         }},
        {"everything else", mqtt::version::v5_0,
         [](auto& o) {
             o.command.sent = {.topic = "in/{vin}",
                               .payload = {.text = R"({"meta":{"no":"{request.id}"},"n":{arrival}})"}};
             o.command.filter = "in/{vin}";
             o.command.id = "/meta/no";
             o.command.service.clear();
             o.words_filter = "out/+";
             o.words = {.id = "/re",
                        .vin = "",
                        .state = {"payload"},
                        .reason = "/why",
                        .ends = {{outcome::failed, {"{\"re\"*"}}}};
             o.failed = {.topic = "out/{vin}", .payload = {.text = R"({"re":{command:/meta/no},"why":"{code}"})"}};
             o.answers_as_asked = false;
         }},
    };
    for (const auto& r : rows) {
        SCOPED_TRACE(r.why);
        contract_ = {};
        r.change(contract_);
        options_.mqtt.session.protocol = r.protocol;
        behaviours_[0].steps = {say(word::kind::failed)};
        told_.clear();
        ASSERT_NO_FATAL_FAILURE(begin());
        EXPECT_EQ(drive(r.protocol), "");
        send(1);
        send(2);
        ASSERT_TRUE(until([&] { return told_.size() == 6; })) << testing::PrintToString(told_);
        EXPECT_THAT(told_, testing::UnorderedElementsAre("sent", "sent", "accepted driver-1", "accepted driver-2",
                                                         "ended driver-1 failed door_open",
                                                         "ended driver-2 failed door_open"));
        EXPECT_THAT(watch_.take(), IsEmpty());
        driver_->stop();
        fleet_->stop();
        loop_.io().run_for(50ms);
    }
}

TEST_F(capabilities, driver_without_a_subscription_says_so_once) {
    broker_.granted = reason::not_authorized;
    listen();
    EXPECT_THAT(drive(), testing::AllOf(HasSubstr("loadsim/driver/rsp"), HasSubstr("not authorized")));
}

TEST_F(capabilities, driver_that_listens_to_all_needs_wildcards) {
    broker_.connack.add(property::wildcard_subscription_available, 0U);
    contract_.answers_as_asked = false;
    listen();
    EXPECT_THAT(drive(), testing::AllOf(HasSubstr("v1/+/rsp/+"), HasSubstr("wildcard subscriptions not supported")));
}

TEST_F(capabilities, driver_takes_qos_0_for_as_good_as_sent) {
    broker_.connack.add(property::maximum_qos, 0U);
    listen();
    driver_options_.deadline = 200ms;
    cars_ = std::make_unique<vehicle::registry>(options_.vin, 1);
    EXPECT_EQ(drive(), "");
    send(1);
    EXPECT_THAT(told_, ElementsAre("sent", "accepted driver-1"));
    ASSERT_TRUE(until([&] { return told_.size() == 3; }));
    EXPECT_THAT(told_.back(), HasSubstr("ended driver-1 timed_out"));
    EXPECT_THAT(broker_.diary(), Contains("publish v1/" + vin() + "/cmd/horn q0"));
}

TEST_F(capabilities, driver_and_publisher_try_the_next_broker) {
    stage::broker gone;
    const stage::broker real;
    brokers_ = {{boost::asio::ip::address_v4::loopback(), gone.endpoint().port},
                {boost::asio::ip::address_v4::loopback(), real.endpoint().port}};
    gone.stop(SIGKILL);
    EXPECT_EQ(drive(), "");
    drive::publisher sender(loop_, {.name = "sender", .brokers = brokers_});
    std::optional<std::string> ready, done;
    sender.publish({}, [&](std::string trouble) { done = std::move(trouble); });
    EXPECT_EQ(done, "its session is not connected");
    sender.start([&](std::string trouble) { ready = std::move(trouble); });
    ASSERT_TRUE(until([&] { return ready.has_value(); }));
    EXPECT_EQ(*ready, "");
    contract::composed m;
    m.topic = "a/+";
    sender.publish(m, [&](std::string trouble) { done = std::move(trouble); });
    EXPECT_EQ(done, make_error_code(mqtt::errc::invalid_argument).message());
    m.topic = "a/b";
    done.reset();
    sender.publish(m, [&](std::string trouble) { done = std::move(trouble); });
    ASSERT_TRUE(until([&] { return done.has_value(); }));
    EXPECT_EQ(*done, "");
    sender.stop();
}

TEST_F(capabilities, driver_that_no_broker_lets_in_says_why) {
    broker_.judge = [](const auto&) { return reason::not_authorized; };
    listen();
    const stage::fake_server second([this](std::size_t, std::string& unread) { return broker_(unread); });
    brokers_.push_back(second.address());
    EXPECT_THAT(drive(), testing::AllOf(HasSubstr("the driver's session cannot connect"), HasSubstr("not authorized")));
    EXPECT_EQ(server_->connections() + second.connections(), 2U) << "each was asked once";
}

} // namespace
