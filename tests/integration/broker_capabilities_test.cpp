// Broker capabilities in CONNACK and SUBACK, and how vehicles, driver and publisher adjust to them.
#include "broker.hpp"
#include "fake_server.hpp"
#include "mqtt_fleet_fixture.hpp"

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/driver/mqtt_driver.hpp>
#include <loadsim/driver/publisher.hpp>
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
#include <thread>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using mqtt::property;
using mqtt::qos;
using mqtt::reason;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using vehicle::response_step;
using vehicle::step;

namespace {

/// Minimal MQTT 5.0 broker with the capabilities of its CONNACK; logs received packets in readable form.
class limited_broker {
public:
    mqtt::property_block connack; ///< properties of a CONNACK with success
    mqtt::property_block refusal; ///< of another one
    std::function<reason(const mqtt::connect_packet&)> connect_code = [](const auto&) { return reason::success; };
    reason granted_code = reason::granted_qos_1;
    bool puback_for_all = false; ///< also for QoS 2
    std::vector<std::pair<std::string, std::string>>
        messages_after_suback; ///< topic and payload, published after each SUBACK

    harness::reaction operator()(std::string& unread) {
        harness::reaction r;
        for (;;) {
            const mqtt::byte_view in{reinterpret_cast<const std::uint8_t*>(unread.data()), unread.size()};
            mqtt::header h;
            if (read_header(in, h) != mqtt::framing::complete || in.size() < h.packet_size()) break;
            mqtt::bytes out;
            r.close = !handle_packet(mqtt::frame(h, in), out);
            r.bytes.append(out.begin(), out.end());
            unread.erase(0, h.packet_size());
        }
        return r;
    }
    std::vector<std::string> log() const {
        const std::lock_guard lock(mutex_);
        return log_;
    }

private:
    static constexpr auto v5 = mqtt::version::v5_0;

    void record(std::string line) {
        const std::lock_guard lock(mutex_);
        log_.push_back(std::move(line));
    }
    bool handle_packet(const mqtt::frame& f, mqtt::bytes& out) {
        using enum mqtt::packet_type;
        if (f.type == connect) {
            mqtt::connect_packet p;
            EXPECT_EQ(decode(f, p), reason::success);
            record(fmt::format("connect '{}'{}", p.client_id,
                               p.will ? fmt::format(" will q{}{}", static_cast<int>(p.will->quality),
                                                    p.will->retain ? " retained" : "")
                                      : ""));
            const auto code = connect_code(p);
            (void)encode(mqtt::connack_packet{.code = code,
                                              .props = code == reason::success ? this->connack.view() : refusal.view()},
                         v5, out);
            return code == reason::success;
        }
        if (f.type == publish) {
            mqtt::publish_packet p;
            EXPECT_EQ(decode(f, v5, p), reason::success);
            record(fmt::format("publish {} q{}{}", p.topic, static_cast<int>(p.quality), p.retain ? " retained" : ""));
            const bool acknowledged =
                p.quality == qos::at_least_once || (p.quality == qos::exactly_once && puback_for_all);
            if (acknowledged) (void)encode(mqtt::ack_packet{.type = puback, .packet_id = p.packet_id}, v5, out);
        } else if (f.type == subscribe) {
            mqtt::subscribe_packet p;
            EXPECT_EQ(decode(f, v5, p), reason::success);
            mqtt::bytes codes;
            for (auto rest = p.filters; const auto one = take_subscription(rest, v5);) {
                record(fmt::format("subscribe {} q{}", one->filter, static_cast<int>(one->quality)));
                codes.push_back(static_cast<std::uint8_t>(granted_code));
            }
            (void)encode(mqtt::suback_packet{.packet_id = p.packet_id, .codes = codes}, v5, out);
            for (const auto& [topic, payload] : messages_after_suback)
                (void)encode(mqtt::message{.topic = topic, .payload = payload}, 0, v5, out);
        }
        return true;
    }

    mutable std::mutex mutex_;
    std::vector<std::string> log_;
};

/// Vehicles, and optionally a driver on the same loop.
class broker_capabilities : public fleet::mqtt_fleet_tests::mqtt_fleet_fixture, private driver::driver_events {
protected:
    broker_capabilities() {
        options_.connect_rate = {1000};
        options_.reconnect.base = options_.reconnect.cap = 20ms;
    }

    void start_broker() {
        server_ = std::make_unique<harness::fake_server>(
            [this](std::size_t, std::string& unread) { return broker_(unread); });
        brokers_ = {server_->address()};
    }
    void connect() {
        create_fleet(brokers_);
        fleet_->start();
    }
    void begin() {
        connect();
        ASSERT_TRUE(run_until([&] { return fleet_->online() == options_.vehicles; }));
        fleet_->begin_load(loop_.now());
    }
    /// Starts the driver with the vehicles' contract. Returns "" when ready, or its error.
    std::string start_driver(mqtt::version protocol = mqtt::version::v5_0) {
        if (!message_contract_)
            message_contract_ =
                std::make_unique<contract::message_contract>(contract::message_contract::compile(contract_).value());
        driver::driver_events& events = *this;
        driver_ = driver::make_mqtt_driver(loop_, events,
                                           {.options = driver_options_,
                                            .protocol = protocol,
                                            .message_contract = *message_contract_,
                                            .client_id = "driver",
                                            .brokers = brokers_,
                                            .match_stats = &match_stats_,
                                            .sample_vin = "LZ9SMEV05TF000001",
                                            .sample_requests = {{"horn"}}});
        std::optional<std::string> ready;
        driver_->start([&](std::string error) { ready = std::move(error); });
        EXPECT_TRUE(run_until([&] { return ready.has_value(); }));
        return ready.value_or("nothing");
    }
    void send(std::uint64_t arrival) {
        driver_->send({.arrival = arrival_id{arrival}, .vehicle = vehicle_id{0}}, registry_->vin_of(vehicle_id{0}),
                      {.name = "horn"});
    }
    auto reasons() {
        take_counts();
        return reasons_;
    }
    auto limits() {
        take_counts();
        return limits_;
    }
    void take_counts() {
        const auto counts = fleet_->take_counts();
        for (const auto& [why, count] : counts.sessions.reasons) reasons_[why] += count;
        for (const auto& [sentence, count] : counts.broker_limits) limits_[sentence] += count;
    }

    limited_broker broker_;
    std::unique_ptr<harness::fake_server> server_;
    std::vector<boost::asio::ip::tcp::endpoint> brokers_;
    driver::mqtt_options driver_options_;
    contract::field_match_stats match_stats_;
    std::unique_ptr<driver::driver> driver_;
    std::vector<std::string> driver_log_; ///< "sent", "accepted driver-1", "ended driver-1 failed door_open"
    int finished_ = 0;

private:
    fleet::command_info on_delivered(vehicle_id, const contract::message_contract::parsed_command&, monotonic_time,
                                     bool) override {
        return {};
    }
    void on_finished(vehicle_id, std::string_view, outcome, std::string_view, monotonic_time) override { ++finished_; }
    void on_malformed(vehicle_id, std::string_view, std::string_view, monotonic_time) override { ADD_FAILURE(); }

    bool still_wanted(request_key) const override { return true; }
    void on_sent(request_key, monotonic_time) override { driver_log_.emplace_back("sent"); }
    void on_accepted(request_key, std::string_view id, monotonic_time) override {
        driver_log_.push_back(fmt::format("accepted {}", id));
    }
    void on_rejected(request_key, std::string_view, monotonic_time) override { ADD_FAILURE(); }
    void on_errored(request_key, std::string_view why, monotonic_time) override {
        driver_log_.push_back(fmt::format("errored {}", why));
    }
    void on_completed(vehicle_id, std::string_view id, outcome end, std::string_view why, monotonic_time) override {
        driver_log_.push_back(fmt::format("ended {} {} {}", id, to_string(end), why));
    }
    void on_malformed() override { driver_log_.emplace_back("malformed"); }

    std::map<std::string, std::uint64_t> reasons_, limits_;
};

step respond_with(response_step::kind type) {
    step s;
    s.type = step::kind::respond;
    s.response.type = type;
    if (type == response_step::kind::failed) s.response.code = "door_open";
    return s;
}

// Vehicles.

TEST_F(broker_capabilities, unsupported_features_are_not_used) {
    broker_.connack.add(property::maximum_qos, 0U).add(property::retain_available, 0U);
    broker_.connect_code = [](const mqtt::connect_packet& p) { // 3.2.2.3.4, 3.2.2.3.5
        if (p.will && p.will->quality != qos::at_most_once) return reason::qos_not_supported;
        return p.will && p.will->retain ? reason::retain_not_supported : reason::success;
    };
    broker_.granted_code = reason::success;
    broker_.messages_after_suback = {{"t", R"({"id":"r1"})"}};
    behaviours_[0].steps = {respond_with(response_step::kind::executed)};
    start_broker();
    ASSERT_NO_FATAL_FAILURE(begin());
    ASSERT_TRUE(run_until([&] { return finished_ == 1; }));
    const auto state = "publish v1/" + vin() + "/state q0";
    ASSERT_TRUE(run_until([&] { return broker_.log().size() == 6; }));
    EXPECT_THAT(broker_.log(), testing::UnorderedElementsAre(
                                   "connect '" + vin() + "' will q1 retained",
                                   "connect '" + vin() + "' will q0 retained", "connect '" + vin() + "' will q0",
                                   "subscribe v1/" + vin() + "/cmd/# q1", state, "publish v1/" + vin() + "/rsp/r1 q0"));
    EXPECT_EQ(fleet_->refusal(), "");
    EXPECT_THAT(limits(),
                testing::UnorderedElementsAre(
                    Pair(HasSubstr("the broker grants QoS 0 where 1 was asked for: commands may be lost"), 1),
                    Pair(AllOf(HasSubstr("the broker's highest QoS is 0: responses are sent with that"),
                               HasSubstr("set fleet.mqtt.responseQos to 0")),
                         1),
                    Pair(AllOf(HasSubstr("does not retain messages: presence messages are sent, and not kept"),
                               HasSubstr("set contract.presence.retain to false")),
                         1)));
    EXPECT_THAT(reasons(), testing::Not(Contains(Pair(HasSubstr("QoS"), testing::_))));
}

TEST_F(broker_capabilities, broker_without_wildcards_is_reported_before_the_load) {
    broker_.connack.add(property::wildcard_subscription_available, 0U);
    options_.vehicles = 3;
    start_broker();
    connect();
    ASSERT_TRUE(run_until([&] { return !fleet_->refusal().empty(); }));
    EXPECT_THAT(fleet_->refusal(), HasSubstr("/cmd/#"));
    EXPECT_THAT(fleet_->refusal(), HasSubstr("contract.command.filter"));
    EXPECT_THAT(broker_.log(), testing::Each(testing::Not(HasSubstr("subscribe"))));
    EXPECT_EQ(fleet_->online(), 0U);
}

TEST_F(broker_capabilities, broker_without_wildcards_suffices_for_plain_filters) {
    broker_.connack.add(property::wildcard_subscription_available, 0U).add(property::shared_subscription_available, 0U);
    contract_.command.filter = "cars/{vin}/in";
    start_broker();
    ASSERT_NO_FATAL_FAILURE(begin());
    EXPECT_EQ(fleet_->refusal(), "");
}

TEST_F(broker_capabilities, lower_granted_qos_is_reported_once) {
    broker_.granted_code = reason::success;
    options_.vehicles = 5;
    start_broker();
    ASSERT_NO_FATAL_FAILURE(begin());
    EXPECT_THAT(limits(), ElementsAre(Pair(AllOf(HasSubstr("the broker grants QoS 0 where 1 was asked for"),
                                                 HasSubstr("fleet.mqtt.commandQos")),
                                           1)));
}

TEST_F(broker_capabilities, refused_topic_filter_is_reported) {
    broker_.granted_code = reason::not_authorized;
    start_broker();
    connect();
    ASSERT_TRUE(run_until([&] { return !fleet_->refusal().empty(); }));
    EXPECT_THAT(fleet_->refusal(), HasSubstr("v1/" + vin() + "/cmd/# (not authorized)"));
}

TEST_F(broker_capabilities, shorter_session_expiry_is_reported_once) {
    broker_.connack.add(property::session_expiry_interval, 60U);
    options_.vehicles = 5;
    options_.mqtt.session.clean_start = false;
    options_.mqtt.session.session_expiry = 3600s;
    start_broker();
    ASSERT_NO_FATAL_FAILURE(begin());
    EXPECT_THAT(limits(),
                ElementsAre(Pair(HasSubstr("the broker keeps sessions for 60 s and not for 3600 s; lower"), 1)));
}

TEST_F(broker_capabilities, messages_above_the_brokers_packet_size_are_refused_before_the_load) {
    broker_.connack.add(property::maximum_packet_size, 100U);
    contract_.failed.payload.text = R"({"id":"{request.id}","why":")" + std::string(100, 'x') + "\"}";
    start_broker();
    connect();
    ASSERT_TRUE(run_until([&] { return !fleet_->refusal().empty(); }));
    EXPECT_THAT(fleet_->refusal(), AllOf(HasSubstr("packets of at most 100 bytes"), HasSubstr("shorten contract.")));
}

TEST_F(broker_capabilities, a_packet_size_that_suffices_is_no_limit) {
    broker_.connack.add(property::maximum_packet_size, 1000U);
    start_broker();
    ASSERT_NO_FATAL_FAILURE(begin());
    EXPECT_EQ(fleet_->refusal(), "");
    EXPECT_THAT(limits(), IsEmpty());
}

TEST_F(broker_capabilities, a_refused_client_id_does_not_blame_the_password) {
    broker_.connect_code = [](const auto&) { return reason::client_identifier_not_valid; };
    start_broker();
    connect();
    ASSERT_TRUE(run_until([&] { return !fleet_->refusal().empty(); }));
    EXPECT_THAT(fleet_->refusal(),
                AllOf(HasSubstr(net::to_string(server_->address())), HasSubstr("client identifier not valid (0x85)"),
                      HasSubstr("change fleet.mqtt.clientId"), testing::Not(HasSubstr("password"))));
}

TEST_F(broker_capabilities, another_server_is_named) {
    broker_.connect_code = [](const auto&) { return reason::server_moved; };
    broker_.refusal.add(property::server_reference, "b.test:1883");
    start_broker();
    EXPECT_THAT(start_driver(),
                AllOf(HasSubstr(net::to_string(server_->address())), HasSubstr("server moved (0x9D), at b.test:1883")));
    connect();
    ASSERT_TRUE(run_until([&] { return !fleet_->refusal().empty(); }));
    EXPECT_THAT(fleet_->refusal(), AllOf(HasSubstr(net::to_string(server_->address())),
                                         HasSubstr("server moved (0x9D), at b.test:1883"), HasSubstr("target.broker")));
    EXPECT_THAT(reasons(), Contains(Pair(HasSubstr("refers to another server: server moved"), testing::_)));
}

TEST_F(broker_capabilities, assigned_client_identifier_is_reused) {
    broker_.connack.add(property::assigned_client_identifier, "auto-1");
    broker_.messages_after_suback = {{"t", R"({"id":"r1"})"}};
    options_.mqtt.client_id.clear();
    contract_.presence.none = true;
    step disconnect_step;
    disconnect_step.type = step::kind::disconnect;
    step reconnect_step;
    reconnect_step.type = step::kind::reconnect;
    behaviours_[0].steps = {disconnect_step, reconnect_step, respond_with(response_step::kind::executed)};
    start_broker();
    ASSERT_NO_FATAL_FAILURE(begin());
    ASSERT_TRUE(run_until([&] { return broker_.log().size() >= 3; }));
    EXPECT_THAT(broker_.log(), Contains("connect ''"));
    EXPECT_THAT(broker_.log(), Contains("connect 'auto-1'"));
}

TEST_F(broker_capabilities, puback_for_qos_2_is_counted_and_nothing_hangs) {
    broker_.connack.add(property::receive_maximum, 1U); // so that an unfinished message blocks the next one
    broker_.puback_for_all = true;
    broker_.messages_after_suback = {{"t", R"({"id":"r1"})"}};
    options_.mqtt.response_qos = qos::exactly_once;
    behaviours_[0].steps = {respond_with(response_step::kind::ack), respond_with(response_step::kind::running),
                            respond_with(response_step::kind::executed)};
    start_broker();
    ASSERT_NO_FATAL_FAILURE(begin());
    ASSERT_TRUE(run_until([&] { return reasons()["the broker answered QoS 2 with PUBACK"] == 3; }));
    EXPECT_EQ(std::ranges::count(broker_.log(), "publish v1/" + vin() + "/rsp/r1 q2"), 3);
    EXPECT_EQ(fleet_->online(), 1U);
}

// The driver.

TEST_F(broker_capabilities, driver_receives_responses_on_its_own_or_the_contracts_topic) {
    const harness::broker real;
    brokers_ = {{boost::asio::ip::address_v4::loopback(), real.endpoint().port}};
    struct row {
        const char* why;
        mqtt::version protocol;
        std::function<void(contract::options&)> change;
    };
    const row rows[] = {
        {"5.0", mqtt::version::v5_0, [](auto&) {}},
        {"3.1.1", mqtt::version::v3_1_1, [](auto&) {}},
        {"topics of the contract's own", mqtt::version::v5_0, [](auto& o) { o.use_response_topic = false; }},
        {"an id in the topic", mqtt::version::v5_0,
         [](auto& o) {
             o.responses.id = "topic[3]";
             for (auto* m : {&o.ack, &o.running, &o.executed, &o.failed})
                 m->payload.text = R"({"phase":"final","ok":false,"code":"{code}"})";
         }},
        {"everything else", mqtt::version::v5_0,
         [](auto& o) {
             o.command.message = {.topic = "in/{vin}",
                                  .payload = {.text = R"({"meta":{"no":"{request.id}"},"n":{arrival}})"}};
             o.command.filter = "in/{vin}";
             o.command.id = "/meta/no";
             o.command.service.clear();
             o.responses_filter = "out/+";
             o.responses = {.id = "/re",
                            .vin = "",
                            .state = {"payload"},
                            .reason = "/why",
                            .outcomes = {{outcome::failed, {"{\"re\"*"}}}};
             o.failed = {.topic = "out/{vin}", .payload = {.text = R"({"re":{command:/meta/no},"why":"{code}"})"}};
             o.use_response_topic = false;
         }},
    };
    for (const auto& r : rows) {
        SCOPED_TRACE(r.why);
        contract_ = {};
        r.change(contract_);
        options_.mqtt.session.protocol = r.protocol;
        behaviours_[0].steps = {respond_with(response_step::kind::failed)};
        driver_log_.clear();
        ASSERT_NO_FATAL_FAILURE(begin());
        EXPECT_EQ(start_driver(r.protocol), "");
        send(1);
        send(2);
        ASSERT_TRUE(run_until([&] { return driver_log_.size() == 6; })) << testing::PrintToString(driver_log_);
        EXPECT_THAT(driver_log_, testing::UnorderedElementsAre("sent", "sent", "accepted driver-1", "accepted driver-2",
                                                               "ended driver-1 failed door_open",
                                                               "ended driver-2 failed door_open"));
        EXPECT_THAT(match_stats_.take_unmatched(), IsEmpty());
        driver_->stop();
        fleet_->stop();
        loop_.io().run_for(50ms);
    }
}

TEST_F(broker_capabilities, driver_reports_a_refused_subscription_once) {
    broker_.granted_code = reason::not_authorized;
    start_broker();
    EXPECT_THAT(start_driver(), testing::AllOf(HasSubstr("loadsim/driver/rsp"), HasSubstr("not authorized")));
}

TEST_F(broker_capabilities, driver_without_response_topic_needs_wildcards) {
    broker_.connack.add(property::wildcard_subscription_available, 0U);
    contract_.use_response_topic = false;
    start_broker();
    EXPECT_THAT(start_driver(),
                testing::AllOf(HasSubstr("v1/+/rsp/+"), HasSubstr("wildcard subscriptions not supported")));
}

TEST_F(broker_capabilities, driver_accepts_a_qos_0_publish_as_sent) {
    broker_.connack.add(property::maximum_qos, 0U);
    start_broker();
    driver_options_.deadline = 200ms;
    registry_ = std::make_unique<vehicle::registry>(options_.vin, 1);
    EXPECT_EQ(start_driver(), "");
    send(1);
    EXPECT_THAT(driver_log_, ElementsAre("sent", "accepted driver-1"));
    ASSERT_TRUE(run_until([&] { return driver_log_.size() == 3; }));
    EXPECT_THAT(driver_log_.back(), HasSubstr("ended driver-1 timed_out"));
    EXPECT_THAT(broker_.log(), Contains("publish v1/" + vin() + "/cmd/horn q0"));
    EXPECT_THAT(driver_->take_broker_limits(),
                Contains(Pair(AllOf(HasSubstr("highest QoS is 0: commands"), HasSubstr("contract.command.qos")), 1)));
}

TEST_F(broker_capabilities, driver_refuses_a_broker_whose_packets_are_too_small_for_a_command) {
    broker_.connack.add(property::maximum_packet_size, 60U);
    start_broker();
    EXPECT_THAT(start_driver(), AllOf(HasSubstr("packets of at most 60 bytes"), HasSubstr("a command for 'horn'"),
                                      HasSubstr("contract.command.payload")));
}

/// MQTT 5.0, 3.3.1.3: the new subscription after a reconnect gets retained messages again.
TEST_F(broker_capabilities, driver_counts_a_retained_response_once) {
    contract_.use_response_topic = false;
    registry_ = std::make_unique<vehicle::registry>(options_.vin, 1);
    const auto response = [this](bool retained) {
        mqtt::bytes out;
        const auto topic = "v1/" + vin() + "/rsp/driver-1";
        (void)encode(mqtt::message{.topic = topic,
                                   .payload = R"({"id":"driver-1","phase":"final","ok":true})",
                                   .retain = retained},
                     0, mqtt::version::v5_0, out);
        return std::string(out.begin(), out.end());
    };
    const auto times = [this](std::string_view what) {
        const auto log = broker_.log();
        return std::ranges::count_if(log, [what](const std::string& line) { return line.starts_with(what); });
    };
    server_ = std::make_unique<harness::fake_server>([&](std::size_t, std::string& unread) {
        const auto commands = times("publish"), subscriptions = times("subscribe");
        auto r = broker_(unread);
        if (times("publish") > commands) {
            r.bytes += response(false);
            r.close_after = 20ms;
        }
        if (times("subscribe") > subscriptions && subscriptions > 0) r.bytes += response(true);
        return r;
    });
    brokers_ = {server_->address()};
    ASSERT_EQ(start_driver(), "");
    send(1);
    ASSERT_TRUE(run_until([&] { return times("subscribe") == 2; }));
    loop_.io().run_for(100ms);
    EXPECT_THAT(driver_log_, ElementsAre("sent", "accepted driver-1", HasSubstr("ended driver-1 executed")));
}

TEST_F(broker_capabilities, publisher_refuses_a_broker_whose_packets_are_too_small) {
    broker_.connack.add(property::maximum_packet_size, 60U);
    broker_.connack.add(property::retain_available, 0U);
    start_broker();
    driver::published_sample large{.plural = "the messages of campaign 'recall'",
                                   .singular = "one of the messages of campaign 'recall'",
                                   .location = "campaigns[0]",
                                   .message = {}};
    large.message.topic = "a";
    large.message.payload = std::string(100, 'x');
    large.message.retain = true;
    driver::publisher sender(loop_, {.client_id = "sender", .brokers = brokers_, .samples = {large}});
    std::optional<std::string> ready;
    sender.start([&](std::string error) { ready = std::move(error); });
    ASSERT_TRUE(run_until([&] { return ready.has_value(); }));
    EXPECT_THAT(*ready, AllOf(HasSubstr("packets of at most 60 bytes"), HasSubstr("shorten campaigns[0].payload")));
    EXPECT_THAT(sender.take_broker_limits(), ElementsAre(Pair(HasSubstr("does not retain messages"), 1)));
    sender.stop();
}

/// The loop does not run meanwhile: the second message is the first to find out that the broker has gone.
TEST_F(broker_capabilities, publisher_reports_a_message_that_finds_the_connection_lost) {
    const harness::fake_server closing([this](std::size_t, std::string& unread) {
        auto r = broker_(unread);
        if (!r.bytes.empty()) r.close_after = 20ms;
        return r;
    });
    driver::publisher sender(loop_, {.client_id = "sender", .brokers = {closing.address()}});
    bool ready = false;
    sender.start([&](const std::string& error) { ready = error.empty(); });
    ASSERT_TRUE(run_until([&] { return ready; }));
    std::vector<std::string> results;
    contract::outgoing_message m;
    m.topic = "a/b";
    for (int i = 0; i < 2; ++i) {
        std::this_thread::sleep_for(100ms);
        sender.publish(m, [&](const std::string& error) { results.push_back(error); });
    }
    EXPECT_THAT(results, ElementsAre(HasSubstr("did not acknowledge it"), HasSubstr("lost while sending")));
    sender.stop();
}

TEST_F(broker_capabilities, driver_and_publisher_try_the_next_broker) {
    harness::broker stopped;
    const harness::broker real;
    brokers_ = {{boost::asio::ip::address_v4::loopback(), stopped.endpoint().port},
                {boost::asio::ip::address_v4::loopback(), real.endpoint().port}};
    stopped.stop(SIGKILL);
    EXPECT_EQ(start_driver(), "");
    driver::publisher sender(loop_, {.client_id = "sender", .brokers = brokers_});
    std::optional<std::string> ready, done;
    sender.publish({}, [&](std::string error) { done = std::move(error); });
    EXPECT_EQ(done, "its session is not connected");
    sender.start([&](std::string error) { ready = std::move(error); });
    ASSERT_TRUE(run_until([&] { return ready.has_value(); }));
    EXPECT_EQ(*ready, "");
    contract::outgoing_message m;
    m.topic = "a/+";
    sender.publish(m, [&](std::string error) { done = std::move(error); });
    EXPECT_EQ(done, make_error_code(mqtt::errc::invalid_argument).message());
    m.topic = "a/b";
    done.reset();
    sender.publish(m, [&](std::string error) { done = std::move(error); });
    ASSERT_TRUE(run_until([&] { return done.has_value(); }));
    EXPECT_EQ(*done, "");
    sender.stop();
}

TEST_F(broker_capabilities, driver_refused_by_all_brokers_reports_the_reason) {
    broker_.connect_code = [](const auto&) { return reason::not_authorized; };
    start_broker();
    const harness::fake_server second([this](std::size_t, std::string& unread) { return broker_(unread); });
    brokers_.push_back(second.address());
    EXPECT_THAT(start_driver(),
                testing::AllOf(HasSubstr("refuses the session of the driver"), HasSubstr("not authorized")));
    EXPECT_EQ(server_->connections() + second.connections(), 2U) << "each was asked once";
}

} // namespace
