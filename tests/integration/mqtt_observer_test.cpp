// MQTT observer at a real broker: completions, responses, outages, brokers with limited capabilities.
#include "broker.hpp"
#include "fake_server.hpp"

#include <loadsim/observer/observer_factory.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mqtt/async_client.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
namespace paho = ::mqtt; // loadsim::mqtt is our own
using harness::wait_until;
using testing::HasSubstr;

namespace {

constexpr std::string_view vin = "LZ9SMEV05TF000001";

std::string response_topic(const std::string& id) { return "v1/" + std::string(vin) + "/rsp/" + id; }
const std::string event_topic = "v1/" + std::string(vin) + "/evt";

std::string response_json(const std::string& id, std::int64_t seq) {
    return R"({"id":")" + id + R"(","phase":"ack","seq":)" + std::to_string(seq) + "}";
}
std::string event(const std::string& id) { return R"({"id":")" + id + R"(","state":"executed"})"; }

/// MQTT client that publishes as vehicle and platform.
class test_publisher {
public:
    explicit test_publisher(const harness::broker& broker)
        : client_("tcp://127.0.0.1:" + std::to_string(broker.endpoint().port), "speaker",
                  paho::create_options(MQTTVERSION_5)) {
        client_.connect(paho::connect_options_builder().mqtt_version(MQTTVERSION_5).clean_start(true).finalize())
            ->wait_for(5s);
    }
    void publish(const std::string& topic, const std::string& payload, int qos = 1) {
        client_.publish(topic, payload, qos, false)->wait_for(5s);
    }
    void publish_response(const std::string& id, std::int64_t seq) {
        publish(response_topic(id), response_json(id, seq));
    }
    void publish_event(const std::string& id) { publish(event_topic, event(id)); }

private:
    paho::async_client client_;
};

/// MQTT observer that records completions and responses.
class recording_observer {
public:
    explicit recording_observer(std::vector<net::endpoint> brokers, const observer::mqtt_options& options = {},
                                bool responses = true)
        : observer_(observer::make_observer(options, make_context(std::move(brokers), responses), record_event(), 0)),
          started_(observer_->start()) {}
    explicit recording_observer(const harness::broker& broker, bool responses = true)
        : recording_observer(std::vector{broker.endpoint()}, {}, responses) {
        EXPECT_EQ(start_error(), "");
    }

    std::string start_error() const { return started_ ? "" : to_string(started_.error()); }
    observer::observer& tested_observer() { return *observer_; }
    std::vector<std::string> events() {
        const std::lock_guard lock(mutex_);
        return events_;
    }
    std::vector<observer::observed_response> responses() {
        const std::lock_guard lock(mutex_);
        return responses_;
    }
    bool receives_event(const std::string& last) {
        return wait_until([&] {
            const auto all = events();
            return !all.empty() && all.back() == last;
        });
    }

private:
    observer::on_completion record_event() {
        return [this](const std::optional<observer::completion>& received, const std::string&) {
            const std::lock_guard lock(mutex_);
            events_.push_back(received ? received->request : "malformed");
        };
    }
    observer::observer_context make_context(std::vector<net::endpoint> brokers, bool responses) {
        observer::observer_context all;
        all.brokers = std::move(brokers);
        if (responses)
            all.response_handler = [this](const observer::observed_response& w) {
                const std::lock_guard lock(mutex_);
                responses_.push_back(w);
            };
        return all;
    }

    std::mutex mutex_;
    std::vector<std::string> events_;
    std::vector<observer::observed_response> responses_;
    std::unique_ptr<observer::observer> observer_; // after the members that its handlers use
    result<void> started_;
};

/// Fake broker that accepts a subscription with the configured codes, then publishes one event.
struct fake_broker {
    std::string connack_5 = std::string("\x20\x03\x00\x00\x00", 5); ///< to MQTT 5; empty: the connection is closed
    std::string connack_3{};                                        ///< to MQTT 3.1.1
    std::uint8_t granted = 1;
    /// Events after the subscription, by connection: the request, and whether it is a retained message. All but the last
    /// connection are closed then.
    std::vector<std::vector<std::pair<std::string, bool>>> events{{{"r-1", false}}};

    harness::connection_handler handler() const {
        return [how = *this, five = true](std::size_t connection, std::string& unread) mutable -> harness::reaction {
            if (unread.size() < 2 || unread.size() < 2U + static_cast<std::uint8_t>(unread[1])) return {};
            const auto packet = unread.substr(0, 2U + static_cast<std::uint8_t>(unread[1]));
            unread.erase(0, packet.size());
            const auto type = static_cast<std::uint8_t>(packet[0]) >> 4;
            if (type == 1) { // CONNECT: "MQTT", then the version
                five = packet[8] == 5;
                const auto& answer = five ? how.connack_5 : how.connack_3;
                return {.bytes = answer, .close = answer.empty()};
            }
            if (type == 8) { // SUBSCRIBE
                auto suback = five ? std::string("\x90\x04", 2) : std::string("\x90\x03", 2);
                suback += packet.substr(2, 2);
                if (five) suback += '\0';
                suback += static_cast<char>(how.granted);
                if (how.granted >= 0x80) return {.bytes = suback};
                const auto number = std::min(connection, how.events.size() - 1);
                for (const auto& [request, retained] : how.events[number]) {
                    const std::string topic = "v1/X/evt";
                    const auto payload = event(request);
                    const auto rest = 2 + topic.size() + (five ? 1U : 0U) + payload.size();
                    suback += retained ? '\x31' : '\x30';
                    suback += static_cast<char>(rest);
                    suback += '\0';
                    suback += static_cast<char>(topic.size()) + topic;
                    if (five) suback += '\0';
                    suback += payload;
                }
                return {.bytes = suback, .close = number + 1 < how.events.size()};
            }
            return {};
        };
    }
};

net::endpoint endpoint_at(std::uint16_t port) {
    return {.scheme = "mqtt", .host = "127.0.0.1", .port = port, .path = {}};
}

constexpr auto client_kinds = {loadsim::mqtt::client_kind::own, loadsim::mqtt::client_kind::paho};

/// Connection of MQTT 3.1.1 that publishes without a thread in between, so that the instant of each write is known.
class direct_publisher {
public:
    explicit direct_publisher(const harness::broker& broker) : socket_(io_) {
        socket_.connect({boost::asio::ip::address_v4::loopback(), broker.endpoint().port});
        const std::string connect("\x10\x10\0\x04MQTT\x04\x02\0\0\0\x04slow", 18);
        boost::asio::write(socket_, boost::asio::buffer(connect));
        std::string connack(4, ' ');
        boost::asio::read(socket_, boost::asio::buffer(connack));
    }
    void publish(const std::string& topic, const std::string& payload) { // QoS 0, below 128 bytes
        const auto size = 2 + topic.size() + payload.size();
        const auto head = std::string("\x30") + static_cast<char>(size) + '\0' + static_cast<char>(topic.size());
        boost::asio::write(socket_, boost::asio::buffer(head + topic + payload));
    }

private:
    boost::asio::io_context io_;
    boost::asio::ip::tcp::socket socket_;
};

} // namespace

TEST(mqtt_observer, reports_completions_and_numbered_responses) {
    const harness::broker broker;
    recording_observer observer(broker);
    test_publisher publisher(broker);
    const auto before = std::chrono::steady_clock::now();
    publisher.publish_response("r-1", 1);
    publisher.publish_response("r-1", 1); // a duplicate is reported too
    publisher.publish_response("r-2", 0); // without a number
    publisher.publish(response_topic("r-3"), response_json("r-3", -1));
    publisher.publish(response_topic("r-4"), "{");
    publisher.publish_response("r-5", 2);
    publisher.publish(event_topic, "{");
    publisher.publish_event("r-6");
    publisher.publish_event("r-6");
    publisher.publish_event("end");
    ASSERT_TRUE(observer.receives_event("end"));
    EXPECT_EQ(observer.events(), (std::vector<std::string>{"malformed", "r-6", "r-6", "end"}));
    const auto responses = observer.responses();
    ASSERT_EQ(responses.size(), 3U);
    EXPECT_EQ(responses[0].vin, vin);
    EXPECT_EQ(responses[0].request, "r-1");
    EXPECT_EQ(responses[0].sequence, 1U);
    EXPECT_GE(responses[0].at, before);
    EXPECT_EQ(responses[1].sequence, 1U);
    EXPECT_EQ(responses[2].request, "r-5");
    EXPECT_EQ(responses[2].sequence, 2U);
}

TEST(mqtt_observer, reports_no_responses_without_a_handler) {
    const harness::broker broker;
    recording_observer observer(broker, false);
    test_publisher publisher(broker);
    publisher.publish_response("r-1", 1);
    publisher.publish_event("end");
    ASSERT_TRUE(observer.receives_event("end"));
    EXPECT_TRUE(observer.responses().empty());
    EXPECT_EQ(observer.events().size(), 1U);
}

TEST(mqtt_observer, resubscribes_after_a_broker_outage) {
    harness::broker broker;
    recording_observer observer(broker);
    broker.stop(SIGTERM);
    broker.start();
    test_publisher publisher(broker);
    std::int64_t seq = 0;
    ASSERT_TRUE(wait_until([&] { // the broker has lost the session, and the observer has yet to reconnect
        publisher.publish_response("r", ++seq);
        publisher.publish_event("e");
        return !observer.responses().empty() && !observer.events().empty();
    }));
}

/// A broker that has lost the session sends its retained messages to the new subscription: no second announcement, and the
/// only one of what came meanwhile. Those of before the run are none of its events.
TEST(mqtt_observer, retained_messages_are_not_announced_twice) {
    for (const auto client : client_kinds) {
        const harness::fake_server broker(
            fake_broker{.events = {{{"old", true}, {"r-1", false}},
                                   {{"old", true}, {"r-1", true}, {"r-2", true}, {"r-3", false}, {"r-3", false}}}}
                .handler());
        observer::mqtt_options options;
        options.client = client;
        recording_observer observer({endpoint_at(broker.port())}, options, false);
        ASSERT_EQ(observer.start_error(), "");
        ASSERT_TRUE(wait_until([&] { return observer.events().size() >= 4; }));
        EXPECT_EQ(observer.events(), (std::vector<std::string>{"r-1", "r-2", "r-3", "r-3"}));
        EXPECT_EQ(observer.tested_observer().take_counts().refused.at("retained since before the run"), 1U);
    }
}

TEST(mqtt_observer, uses_a_custom_contract) {
    const harness::broker broker;
    observer::mqtt_options options;
    options.filter = "fleet/events/#";
    options.reading = {.id = "correlation",
                       .vin = "property:vehicle",
                       .state = {"/result/status"},
                       .reason = "/result/why",
                       .outcomes = {{outcome::executed, {"OK"}}, {outcome::failed, {"ERR*"}}}};
    std::mutex mutex;
    std::vector<observer::completion> received;
    const auto observer = observer::make_observer(
        options, {.brokers = {broker.endpoint()}},
        [&](std::optional<observer::completion> e, const std::string&) {
            const std::lock_guard lock(mutex);
            if (e) received.push_back(*e);
        },
        4);
    const auto started = observer->start();
    ASSERT_TRUE(started) << to_string(started.error());
    paho::async_client client("tcp://127.0.0.1:" + std::to_string(broker.endpoint().port), "foreign",
                              paho::create_options(MQTTVERSION_5));
    client.connect(paho::connect_options_builder().mqtt_version(MQTTVERSION_5).clean_start(true).finalize())
        ->wait_for(5s);
    const auto publish = [&](const std::string& payload) {
        auto m = paho::make_message("fleet/events/eu", payload, 1, false);
        m->set_properties(
            {{paho::property::CORRELATION_DATA, "r-1"}, {paho::property::USER_PROPERTY, "vehicle", "CAR1"}});
        client.publish(m)->wait_for(5s);
    };
    publish(R"({"result":{"status":"RUNNING"}})");
    publish(R"({"result":{"status":"ERR42","why":"door"}})");
    ASSERT_TRUE(wait_until([&] {
        const std::lock_guard lock(mutex);
        return !received.empty();
    }));
    const std::lock_guard lock(mutex);
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].vin, "CAR1");
    EXPECT_EQ(received[0].request, "r-1");
    EXPECT_EQ(received[0].final_outcome, outcome::failed);
    EXPECT_EQ(received[0].reason, "door");
    EXPECT_EQ(received[0].observer, 4U);
    const auto counts = observer->take_counts();
    EXPECT_EQ(counts.messages, 2U);
    EXPECT_EQ(counts.completions, 1U);
}

TEST(mqtt_observer, shared_subscription_spreads_events_over_its_clients) {
    const harness::broker broker;
    observer::mqtt_options options;
    options.clients = 3;
    recording_observer observer({broker.endpoint()}, options);
    recording_observer alone(broker); // of another run: it receives all events
    ASSERT_EQ(observer.start_error(), "");
    test_publisher publisher(broker);
    for (int i = 0; i < 300; ++i) publisher.publish_event("r-" + std::to_string(i));
    publisher.publish_response("w", 1);
    ASSERT_TRUE(wait_until([&] { return observer.events().size() >= 300 && !observer.responses().empty(); }));
    ASSERT_TRUE(wait_until([&] { return alone.events().size() >= 300; }));
    auto all = observer.events();
    EXPECT_EQ(all.size(), 300U);
    std::ranges::sort(all);
    EXPECT_EQ(std::ranges::adjacent_find(all), all.end()) << "each is told once";
    EXPECT_EQ(observer.responses().size(), 1U);
}

TEST(mqtt_observer, a_response_may_be_the_completion) {
    const harness::broker broker;
    observer::mqtt_options options;
    options.filter = "v1/+/rsp/+";
    options.reading = contract::default_response_mapping();
    recording_observer observer({broker.endpoint()}, options);
    ASSERT_EQ(observer.start_error(), "");
    test_publisher publisher(broker);
    publisher.publish_response("r-1", 1);
    publisher.publish(response_topic("r-1"), R"({"id":"r-1","phase":"final","ok":true,"seq":2})");
    ASSERT_TRUE(observer.receives_event("r-1"));
    EXPECT_EQ(observer.events().size(), 1U);
    EXPECT_EQ(observer.responses().size(), 2U);
}

TEST(mqtt_observer, response_listener_needs_no_completions) {
    const harness::broker broker;
    std::atomic<int> responses{0};
    observer::observer_context context{.brokers = {broker.endpoint()}};
    context.response_handler = [&](const observer::observed_response&) { ++responses; };
    const auto observer = observer::make_response_listener(context);
    const auto started = observer->start();
    ASSERT_TRUE(started) << to_string(started.error());
    test_publisher publisher(broker);
    publisher.publish_event("r-1");
    publisher.publish_response("r-1", 1);
    EXPECT_TRUE(wait_until([&] { return responses == 1; }));
}

TEST(mqtt_observer, moves_to_another_broker_after_an_outage) {
    harness::broker first;
    const harness::broker second;
    recording_observer observer({first.endpoint(), second.endpoint()});
    ASSERT_EQ(observer.start_error(), "");
    first.stop(SIGTERM);
    test_publisher publisher(second);
    ASSERT_TRUE(wait_until([&] {
        publisher.publish_event("e");
        return !observer.events().empty();
    }));
    EXPECT_EQ(observer.tested_observer().take_counts().reconnects, 1U);
}

TEST(mqtt_observer, starts_at_another_broker_when_the_first_is_unreachable) {
    const harness::broker second;
    recording_observer observer({endpoint_at(harness::free_port()), second.endpoint()});
    ASSERT_EQ(observer.start_error(), "");
    test_publisher publisher(second);
    publisher.publish_event("e");
    EXPECT_TRUE(observer.receives_event("e"));
}

TEST(mqtt_observer, falls_back_to_3_1_1_where_5_is_refused) {
    struct row {
        std::string connack_5;
        const char* who;
    };
    for (const auto client : client_kinds) {
        for (const auto& r :
             {row{std::string("\x20\x02\x00\x01", 4), "3.1.1's own refusal"},
              row{std::string("\x20\x03\x00\x84\x00", 5), "5.0's"}, row{"", "closes without a packet"}}) {
            const harness::fake_server broker(
                fake_broker{.connack_5 = r.connack_5, .connack_3 = std::string("\x20\x02\x00\x00", 4)}.handler());
            observer::mqtt_options options;
            options.client = client;
            recording_observer observer({endpoint_at(broker.port())}, options, false);
            ASSERT_EQ(observer.start_error(), "") << r.who;
            EXPECT_TRUE(observer.receives_event("r-1")) << r.who;
            EXPECT_THAT(observer.tested_observer().notice(), HasSubstr("3.1.1")) << r.who;
        }
    }
}

TEST(mqtt_observer, gives_no_notice_about_an_mqtt_5_broker) {
    const harness::fake_server broker(fake_broker{}.handler());
    recording_observer observer({endpoint_at(broker.port())}, {}, false);
    ASSERT_EQ(observer.start_error(), "");
    EXPECT_TRUE(observer.receives_event("r-1"));
    EXPECT_EQ(observer.tested_observer().notice(), "");
}

TEST(mqtt_observer, reports_in_one_sentence_why_it_cannot_start) {
    struct row {
        fake_broker how;
        std::uint32_t clients;
        std::string sentence;
    };
    const auto old = std::string("\x20\x02\x00\x00", 4);
    const row rows[] = {
        {{.granted = 0x87}, 1, "refuses the observer's subscription to v1/+/evt"},
        {{.connack_5 = "", .connack_3 = old, .granted = 0x80}, 1, "refuses the observer's subscription to v1/+/evt"},
        {{.connack_5 = std::string("\x20\x05\x00\x00\x02\x2a\x00", 7)}, 2, "has no shared subscriptions"},
        {{.granted = 0x9e}, 2, "has no shared subscriptions"},
        {{.connack_5 = "", .connack_3 = old}, 2, "supports MQTT 3.1.1 only, which has no shared subscriptions"},
        {{.connack_5 = std::string("\x20\x03\x00\x87\x00", 5), .connack_3 = old},
         1,
         "target.user"}, // and 3.1.1 is not tried
        {{.connack_5 = "", .connack_3 = std::string("\x20\x02\x00\x05", 4)}, 1, "target.user"},
        {{.connack_5 = "", .connack_3 = ""}, 1, "check that the broker runs"},
    };
    for (const auto client : client_kinds) {
        for (const auto& r : rows) {
            const harness::fake_server broker(r.how.handler());
            observer::mqtt_options options;
            options.clients = r.clients;
            options.client = client;
            const recording_observer observer({endpoint_at(broker.port())}, options, false);
            EXPECT_THAT(observer.start_error(), HasSubstr(r.sentence));
            EXPECT_THAT(observer.start_error(), HasSubstr("mqtt://127.0.0.1:" + std::to_string(broker.port())));
            EXPECT_EQ(observer.start_error().find('\n'), std::string::npos);
        }
    }
}

TEST(mqtt_observer, paho_reports_the_same_completions_and_responses) {
    const harness::broker broker;
    observer::mqtt_options options;
    options.client = loadsim::mqtt::client_kind::paho;
    recording_observer observer({broker.endpoint()}, options);
    ASSERT_EQ(observer.start_error(), "");
    test_publisher publisher(broker);
    publisher.publish_response("r-1", 1);
    publisher.publish(event_topic, "{");
    publisher.publish_event("end");
    ASSERT_TRUE(observer.receives_event("end"));
    EXPECT_EQ(observer.events(), (std::vector<std::string>{"malformed", "end"}));
    EXPECT_EQ(observer.responses().size(), 1U);
}

TEST(mqtt_observer, receives_a_payload_of_megabytes) {
    const harness::broker broker;
    recording_observer observer(broker);
    test_publisher publisher(broker);
    publisher.publish(event_topic,
                      R"({"id":"large","state":"executed","filler":")" + std::string(5'000'000, 'x') + "\"}");
    publisher.publish_event("end");
    ASSERT_TRUE(observer.receives_event("end"));
    EXPECT_EQ(observer.events().size(), 2U);
}

/// Paho's receive thread sleeps 100 ms after each second without a message: events at 0.95/s came 47 ms late.
TEST(mqtt_observer, is_not_late_after_a_second_without_events) {
    const harness::broker broker;
    std::mutex mutex;
    std::vector<monotonic_time> received;
    const auto observer = observer::make_observer(
        observer::mqtt_options{}, {.brokers = {broker.endpoint()}},
        [&](const std::optional<observer::completion>& e, const std::string&) {
            const std::lock_guard lock(mutex);
            if (e) received.push_back(e->at);
        },
        0);
    const auto started = observer->start();
    ASSERT_TRUE(started) << to_string(started.error());
    direct_publisher publisher(broker);
    std::vector<monotonic_time> sent;
    for (int i = 0; i < 5; ++i) {
        sent.push_back(std::chrono::steady_clock::now());
        publisher.publish(event_topic, event("r-" + std::to_string(i)));
        std::this_thread::sleep_for(1053ms);
    }
    const std::lock_guard lock(mutex);
    ASSERT_EQ(received.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i)
        EXPECT_LT(received[i] - sent[i], 50ms) << i; // a receive thread that sleeps: 94 ms
}
