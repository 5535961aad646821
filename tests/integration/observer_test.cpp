// The observer at a real broker: ends and words as they are published, and what an outage must neither lose nor repeat.
#include "broker.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>
#include <loadsim/observe/mqtt_observer.hpp>

#include <gtest/gtest.h>
#include <mqtt/async_client.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using phase = contract::response::phase;
using stage::wait_until;

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
                  mqtt::create_options(MQTTVERSION_5)) {
        client_.connect(mqtt::connect_options_builder().mqtt_version(MQTTVERSION_5).clean_start(true).finalize())
            ->wait_for(5s);
    }
    void say(const std::string& topic, const std::string& payload, int qos = 1) {
        client_.publish(topic, payload, qos, false)->wait_for(5s);
    }
    void say_word(const std::string& id, std::int64_t seq) { say(contract::response_topic(vin, id), word(id, seq)); }
    void say_event(const std::string& id) { say(contract::event_topic(vin), event(id)); }

private:
    mqtt::async_client client_;
};

class listener {
public:
    explicit listener(const stage::broker& broker, bool words = true) {
        const auto tell_word = [this](const observe::heard_word& w) {
            const std::lock_guard lock(mutex_);
            words_.push_back(w);
        };
        const auto started = observer_.start(
            broker.endpoint(),
            [this](const std::optional<observe::final_event>& seen) {
                const std::lock_guard lock(mutex_);
                events_.push_back(seen ? seen->request : "malformed");
            },
            words ? observe::on_word(tell_word) : observe::on_word{});
        EXPECT_TRUE(started) << (started ? "" : to_string(started.error()));
    }

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
    std::mutex mutex_;
    std::vector<std::string> events_;
    std::vector<observe::heard_word> words_;
    observe::mqtt_observer observer_; // last: it tells the above
};

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
