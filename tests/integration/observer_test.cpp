// The observer at a real broker: ends and words as they are published, and what an outage must neither lose nor repeat.
#include "broker.hpp"
#include "fake_server.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>
#include <loadsim/observe/make_observer.hpp>

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
#include <utility>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
namespace paho = ::mqtt; // loadsim::mqtt is our own
using phase = contract::response::phase;
using stage::wait_until;
using testing::HasSubstr;

namespace {

constexpr std::string_view vin = "LZ9SMEV05TF000001";

std::string word(const std::string& id, std::int64_t seq) {
    return contract::to_json(contract::response{.id = id, .at = phase::ack, .code = {}, .seq = seq});
}
std::string event(const std::string& id) { return contract::to_json(contract::event{id, "horn", "executed", "", 0}); }

/// Vehicle and platform.
class speaker {
public:
    explicit speaker(const stage::broker& broker)
        : client_("tcp://127.0.0.1:" + std::to_string(broker.endpoint().port), "speaker",
                  paho::create_options(MQTTVERSION_5)) {
        client_.connect(paho::connect_options_builder().mqtt_version(MQTTVERSION_5).clean_start(true).finalize())
            ->wait_for(5s);
    }
    void say(const std::string& topic, const std::string& payload, int qos = 1) {
        client_.publish(topic, payload, qos, false)->wait_for(5s);
    }
    void say_word(const std::string& id, std::int64_t seq) { say(contract::response_topic(vin, id), word(id, seq)); }
    void say_event(const std::string& id) { say(contract::event_topic(vin), event(id)); }

private:
    paho::async_client client_;
};

/// Hears events and words at these brokers.
class listener {
public:
    explicit listener(std::vector<net::endpoint> brokers, const observe::mqtt_options& options = {}, bool words = true)
        : observer_(observe::make_observer(options, where(std::move(brokers), words), note_event(), 0)),
          started_(observer_->start()) {}
    explicit listener(const stage::broker& broker, bool words = true)
        : listener(std::vector{broker.endpoint()}, {}, words) {
        EXPECT_EQ(trouble(), "");
    }

    std::string trouble() const { return started_ ? "" : to_string(started_.error()); }
    observe::observer& observer() { return *observer_; }
    std::vector<std::string> events() {
        const std::lock_guard lock(mutex_);
        return events_;
    }
    std::vector<observe::heard_word> words() {
        const std::lock_guard lock(mutex_);
        return words_;
    }
    bool hears_event(const std::string& last) {
        return wait_until([&] {
            const auto all = events();
            return !all.empty() && all.back() == last;
        });
    }

private:
    observe::on_event note_event() {
        return [this](const std::optional<observe::final_event>& seen, const std::string&) {
            const std::lock_guard lock(mutex_);
            events_.push_back(seen ? seen->request : "malformed");
        };
    }
    observe::surroundings where(std::vector<net::endpoint> brokers, bool words) {
        observe::surroundings all;
        all.brokers = std::move(brokers);
        if (words)
            all.word = [this](const observe::heard_word& w) {
                const std::lock_guard lock(mutex_);
                words_.push_back(w);
            };
        return all;
    }

    std::mutex mutex_;
    std::vector<std::string> events_;
    std::vector<observe::heard_word> words_;
    std::unique_ptr<observe::observer> observer_; // after the above: it tells them
    result<void> started_;
};

/// A broker that grants what is asked, unless this says otherwise, and then publishes one event.
struct fake_broker {
    std::string connack_5 = std::string("\x20\x03\x00\x00\x00", 5); ///< to MQTT 5; empty: the connection is closed
    std::string connack_3{};                                        ///< to MQTT 3.1.1
    std::uint8_t granted = 1;

    stage::manners manners() const {
        return [how = *this, five = true](std::size_t, std::string& unread) mutable -> stage::reaction {
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
                const std::string topic = "v1/X/evt";
                const std::string payload = R"({"id":"r-1","state":"executed"})";
                const auto rest = 2 + topic.size() + (five ? 1U : 0U) + payload.size();
                auto publish =
                    std::string("\x30") + static_cast<char>(rest) + '\0' + static_cast<char>(topic.size()) + topic;
                if (five) publish += '\0';
                return {.bytes = suback + (how.granted < 0x80 ? publish + payload : "")};
            }
            return {};
        };
    }
};

net::endpoint at(std::uint16_t port) { return {.scheme = "mqtt", .host = "127.0.0.1", .port = port, .path = {}}; }

} // namespace

TEST(observer, tells_ends_and_numbered_words) {
    const stage::broker broker;
    listener observer(broker);
    speaker says(broker);
    const auto before = std::chrono::steady_clock::now();
    says.say_word("r-1", 1);
    says.say_word("r-1", 1); // published twice is told twice
    says.say_word("r-2", 0); // without a number
    says.say(contract::response_topic(vin, "r-3"), word("r-3", -1));
    says.say(contract::response_topic(vin, "r-4"), "{");
    says.say_word("r-5", 2);
    says.say(contract::event_topic(vin), "{");
    says.say_event("r-6");
    says.say_event("r-6");
    says.say_event("end");
    ASSERT_TRUE(observer.hears_event("end"));
    EXPECT_EQ(observer.events(), (std::vector<std::string>{"malformed", "r-6", "r-6", "end"}));
    const auto words = observer.words();
    ASSERT_EQ(words.size(), 3U);
    EXPECT_EQ(words[0].vin, vin);
    EXPECT_EQ(words[0].request, "r-1");
    EXPECT_EQ(words[0].sequence, 1U);
    EXPECT_GE(words[0].at, before);
    EXPECT_EQ(words[1].sequence, 1U);
    EXPECT_EQ(words[2].request, "r-5");
    EXPECT_EQ(words[2].sequence, 2U);
}

TEST(observer, tells_no_words_when_nobody_asks_for_them) {
    const stage::broker broker;
    listener observer(broker, false);
    speaker says(broker);
    says.say_word("r-1", 1);
    says.say_event("end");
    ASSERT_TRUE(observer.hears_event("end"));
    EXPECT_TRUE(observer.words().empty());
    EXPECT_EQ(observer.events().size(), 1U);
}

TEST(observer, is_back_with_both_after_its_broker_was_away) {
    stage::broker broker;
    listener observer(broker);
    broker.stop(SIGTERM);
    broker.start();
    speaker says(broker);
    std::int64_t seq = 0;
    ASSERT_TRUE(wait_until([&] { // its broker has forgotten it, and it is not there yet
        says.say_word("r", ++seq);
        says.say_event("e");
        return !observer.words().empty() && !observer.events().empty();
    }));
}

TEST(observer, hears_a_foreign_contract) {
    const stage::broker broker;
    observe::mqtt_options options;
    options.filter = "fleet/events/#";
    options.reading = {.id = "correlation",
                       .vin = "property:vehicle",
                       .state = {"/result/status"},
                       .reason = "/result/why",
                       .ends = {{outcome::executed, {"OK"}}, {outcome::failed, {"ERR*"}}}};
    std::mutex mutex;
    std::vector<observe::final_event> seen;
    const auto observer = observe::make_observer(
        options, {.brokers = {broker.endpoint()}},
        [&](std::optional<observe::final_event> e, const std::string&) {
            const std::lock_guard lock(mutex);
            if (e) seen.push_back(*e);
        },
        4);
    const auto started = observer->start();
    ASSERT_TRUE(started) << to_string(started.error());
    paho::async_client client("tcp://127.0.0.1:" + std::to_string(broker.endpoint().port), "foreign",
                              paho::create_options(MQTTVERSION_5));
    client.connect(paho::connect_options_builder().mqtt_version(MQTTVERSION_5).clean_start(true).finalize())
        ->wait_for(5s);
    const auto say = [&](const std::string& payload) {
        auto m = paho::make_message("fleet/events/eu", payload, 1, false);
        m->set_properties(
            {{paho::property::CORRELATION_DATA, "r-1"}, {paho::property::USER_PROPERTY, "vehicle", "CAR1"}});
        client.publish(m)->wait_for(5s);
    };
    say(R"({"result":{"status":"RUNNING"}})");
    say(R"({"result":{"status":"ERR42","why":"door"}})");
    ASSERT_TRUE(wait_until([&] {
        const std::lock_guard lock(mutex);
        return !seen.empty();
    }));
    const std::lock_guard lock(mutex);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].vin, "CAR1");
    EXPECT_EQ(seen[0].request, "r-1");
    EXPECT_EQ(seen[0].end, outcome::failed);
    EXPECT_EQ(seen[0].reason, "door");
    EXPECT_EQ(seen[0].observer, 4U);
    const auto counted = observer->take();
    EXPECT_EQ(counted.messages, 2U);
    EXPECT_EQ(counted.ends, 1U);
}

TEST(observer, several_clients_take_the_events_in_turn) {
    const stage::broker broker;
    observe::mqtt_options options;
    options.clients = 3;
    listener observer({broker.endpoint()}, options);
    listener alone(broker); // of another run: it misses nothing
    ASSERT_EQ(observer.trouble(), "");
    speaker says(broker);
    for (int i = 0; i < 300; ++i) says.say_event("r-" + std::to_string(i));
    says.say_word("w", 1);
    ASSERT_TRUE(wait_until([&] { return observer.events().size() >= 300 && !observer.words().empty(); }));
    ASSERT_TRUE(wait_until([&] { return alone.events().size() >= 300; }));
    auto all = observer.events();
    EXPECT_EQ(all.size(), 300U);
    std::ranges::sort(all);
    EXPECT_EQ(std::ranges::adjacent_find(all), all.end()) << "each is told once";
    EXPECT_EQ(observer.words().size(), 1U);
}

TEST(observer, a_word_may_be_the_end) {
    const stage::broker broker;
    observe::mqtt_options options;
    options.filter = "v1/+/rsp/+";
    options.reading = contract::word_reading();
    listener observer({broker.endpoint()}, options);
    ASSERT_EQ(observer.trouble(), "");
    speaker says(broker);
    says.say_word("r-1", 1);
    says.say(contract::response_topic(vin, "r-1"),
             contract::to_json(contract::response{.id = "r-1", .at = phase::final, .code = {}, .seq = 2}));
    ASSERT_TRUE(observer.hears_event("r-1"));
    EXPECT_EQ(observer.events().size(), 1U);
    EXPECT_EQ(observer.words().size(), 2U);
}

TEST(observer, hears_words_alone) {
    const stage::broker broker;
    std::atomic<int> words{0};
    observe::surroundings where{.brokers = {broker.endpoint()}};
    where.word = [&](const observe::heard_word&) { ++words; };
    const auto observer = observe::make_word_listener(where);
    const auto started = observer->start();
    ASSERT_TRUE(started) << to_string(started.error());
    speaker says(broker);
    says.say_event("r-1");
    says.say_word("r-1", 1);
    EXPECT_TRUE(wait_until([&] { return words == 1; }));
}

TEST(observer, goes_to_another_broker_when_its_own_is_away) {
    stage::broker first;
    const stage::broker second;
    listener observer({first.endpoint(), second.endpoint()});
    ASSERT_EQ(observer.trouble(), "");
    first.stop(SIGTERM);
    speaker says(second);
    ASSERT_TRUE(wait_until([&] {
        says.say_event("e");
        return !observer.events().empty();
    }));
    EXPECT_EQ(observer.observer().take().reconnects, 1U);
}

TEST(observer, begins_at_another_broker_when_the_first_is_away) {
    const stage::broker second;
    listener observer({at(stage::free_port()), second.endpoint()});
    ASSERT_EQ(observer.trouble(), "");
    speaker says(second);
    says.say_event("e");
    EXPECT_TRUE(observer.hears_event("e"));
}

TEST(observer, speaks_3_1_1_where_5_is_refused) {
    struct row {
        std::string connack_5;
        const char* who;
    };
    for (const auto& r : {row{std::string("\x20\x02\x00\x01", 4), "3.1.1's own refusal"},
                          row{std::string("\x20\x03\x00\x84\x00", 5), "5.0's"}, row{"", "closes without a word"}}) {
        const stage::fake_server broker(
            fake_broker{.connack_5 = r.connack_5, .connack_3 = std::string("\x20\x02\x00\x00", 4)}.manners());
        listener observer({at(broker.port())}, {}, false);
        ASSERT_EQ(observer.trouble(), "") << r.who;
        EXPECT_TRUE(observer.hears_event("r-1")) << r.who;
        EXPECT_THAT(observer.observer().said(), HasSubstr("3.1.1")) << r.who;
    }
}

TEST(observer, says_nothing_of_a_broker_that_speaks_5) {
    const stage::fake_server broker(fake_broker{}.manners());
    listener observer({at(broker.port())}, {}, false);
    ASSERT_EQ(observer.trouble(), "");
    EXPECT_TRUE(observer.hears_event("r-1"));
    EXPECT_EQ(observer.observer().said(), "");
}

TEST(observer, says_in_one_sentence_why_it_cannot_listen) {
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
        {{.connack_5 = "", .connack_3 = old}, 2, "MQTT 3.1.1, which has no shared subscriptions"},
        {{.connack_5 = std::string("\x20\x03\x00\x87\x00", 5), .connack_3 = old},
         1,
         "target.user"}, // and 3.1.1 is not tried
        {{.connack_5 = "", .connack_3 = std::string("\x20\x02\x00\x05", 4)}, 1, "target.user"},
        {{.connack_5 = "", .connack_3 = ""}, 1, "check that the broker runs"},
    };
    for (const auto& r : rows) {
        const stage::fake_server broker(r.how.manners());
        observe::mqtt_options options;
        options.clients = r.clients;
        const listener observer({at(broker.port())}, options, false);
        EXPECT_THAT(observer.trouble(), HasSubstr(r.sentence));
        EXPECT_THAT(observer.trouble(), HasSubstr("mqtt://127.0.0.1:" + std::to_string(broker.port())));
        EXPECT_EQ(observer.trouble().find('\n'), std::string::npos);
    }
}
