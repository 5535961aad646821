// Embedded broker: stop, restart, freeze, and authentication.
#include "temporary_folder.hpp"

#include <loadsim/target/mosquitto.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <mqtt/async_client.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using harness::wait_until;
using loadsim::target::mosquitto;
using testing::HasSubstr;
using testing::Not;

namespace {

/// MQTT 5 client with a session expiry of one hour.
class client {
public:
    client(const mosquitto& broker, const std::string& id, std::string user = {}, std::string password = {})
        : paho_("tcp://127.0.0.1:" + std::to_string(broker.broker().port), id, mqtt::create_options(MQTTVERSION_5)),
          user_(std::move(user)), password_(std::move(password)) {
        paho_.start_consuming();
    }
    ~client() {
        try {
            paho_.disconnect(0)->wait_for(1s);
        } catch (const mqtt::exception&) {} // not connected
    }

    /// True: the broker accepts the connection.
    bool connect() {
        auto options = mqtt::connect_options_builder()
                           .mqtt_version(MQTTVERSION_5)
                           .clean_start(false)
                           .connect_timeout(5s)
                           .finalize();
        options.set_properties({{mqtt::property::SESSION_EXPIRY_INTERVAL, 3600}});
        if (!user_.empty()) options.set_user_name(user_);
        if (!password_.empty()) options.set_password(password_);
        try {
            return paho_.connect(options)->wait_for(6s);
        } catch (const mqtt::exception&) {
            return false;
        }
    }
    void subscribe() { ASSERT_TRUE(paho_.subscribe("here", 1)->wait_for(5s)); }
    void leave() { paho_.disconnect(0)->wait_for(5s); }
    bool publish(const std::string& text, std::chrono::seconds within = 5s) {
        return paho_.publish("here", text, 1, false)->wait_for(within);
    }
    std::string next_message() {
        mqtt::const_message_ptr message;
        while (paho_.try_consume_message_for(&message, 5s))
            if (message) return message->to_string(); // null: the connection was lost
        return {};
    }
    bool connected() const { return paho_.is_connected(); }

private:
    mqtt::async_client paho_;
    std::string user_;
    std::string password_;
};

void stop(mosquitto& broker) {
    broker.begin_termination();
    EXPECT_TRUE(wait_until([&] { return broker.continue_termination(); }, 25s));
}

} // namespace

TEST(outage, closes_connections_and_restarts_at_the_same_port_with_its_sessions) {
    const harness::temporary_folder folder;
    auto broker = mosquitto::start(folder.path(), {.logins = {}, .persistent_sessions = true});
    ASSERT_TRUE(broker) << to_string(broker.error());
    const auto at = broker->broker();
    client car(*broker, "car");
    client platform(*broker, "platform");
    ASSERT_TRUE(car.connect());
    ASSERT_TRUE(platform.connect());
    car.subscribe();
    car.leave();
    ASSERT_TRUE(platform.publish("kept"));

    stop(*broker);
    EXPECT_TRUE(wait_until([&] { return !platform.connected(); }));
    EXPECT_FALSE(platform.connect());
    stop(*broker);                            // already stopped
    for (int times = 0; times < 2; ++times) { // already running the second time
        const auto back = broker->restart();
        ASSERT_TRUE(back) << to_string(back.error());
    }
    EXPECT_EQ(broker->broker(), at);
    ASSERT_TRUE(car.connect());
    EXPECT_EQ(car.next_message(), "kept");
}

TEST(outage, termination_that_was_asked_for_is_no_unexpected_end) {
    const harness::temporary_folder folder;
    auto broker = mosquitto::start(folder.path());
    ASSERT_TRUE(broker) << to_string(broker.error());
    broker->begin_termination();
    EXPECT_TRUE(wait_until([&] {
        const auto ended = broker->continue_termination();
        std::this_thread::sleep_for(20ms); // the broker most likely ends here
        EXPECT_EQ(broker->take_unexpected_end(), "");
        return ended;
    }));
    ASSERT_TRUE(broker->restart());
}

TEST(outage, loses_sessions_without_persistence) {
    const harness::temporary_folder folder;
    auto broker = mosquitto::start(folder.path());
    ASSERT_TRUE(broker) << to_string(broker.error());
    client car(*broker, "car");
    client platform(*broker, "platform");
    ASSERT_TRUE(car.connect());
    car.subscribe();
    stop(*broker);
    ASSERT_TRUE(broker->restart());
    ASSERT_TRUE(platform.connect());
    ASSERT_TRUE(platform.publish("lost"));
    ASSERT_TRUE(wait_until([&] { return !car.connected(); }));
    ASSERT_TRUE(car.connect());
    car.subscribe();
    ASSERT_TRUE(platform.publish("next"));
    EXPECT_EQ(car.next_message(), "next");
}

TEST(outage, freeze_keeps_connections_and_answers_no_client) {
    const harness::temporary_folder folder;
    auto broker = mosquitto::start(folder.path());
    ASSERT_TRUE(broker) << to_string(broker.error());
    client platform(*broker, "platform");
    ASSERT_TRUE(platform.connect());
    broker->freeze();
    EXPECT_FALSE(platform.publish("waits", 1s));
    EXPECT_TRUE(platform.connected());
    ASSERT_TRUE(broker->restart());
    EXPECT_TRUE(platform.publish("comes"));
    EXPECT_TRUE(platform.connected()) << "the same connection";
    broker->freeze();
    const auto start = std::chrono::steady_clock::now();
    stop(*broker); // a frozen broker must not delay its end
    EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
}

TEST(outage, reports_that_another_program_has_the_port) {
    const harness::temporary_folder folder;
    auto broker = mosquitto::start(folder.path());
    ASSERT_TRUE(broker) << to_string(broker.error());
    stop(*broker);
    boost::asio::io_context io;
    const boost::asio::ip::tcp::acceptor thief(io, {boost::asio::ip::address_v4::loopback(), broker->broker().port});
    const auto back = broker->restart();
    ASSERT_FALSE(back);
    ASSERT_EQ(back.error().list.size(), 1U);
    EXPECT_THAT(back.error().list[0].location, HasSubstr("mosquitto.log"));
    EXPECT_THAT(back.error().list[0].text, HasSubstr("in use"));
}

TEST(logins, accept_only_configured_credentials) {
    const harness::temporary_folder folder;
    std::vector<loadsim::target::mosquitto_login> logins{{"loadsim", "p w#$6$x"}};
    for (int i = 0; i < 200; ++i) logins.push_back({"car-" + std::to_string(i), "secret-" + std::to_string(i)});
    auto started = mosquitto::start(folder.path(), {.logins = logins, .persistent_sessions = false});
    ASSERT_TRUE(started) << to_string(started.error());
    auto broker = std::optional(std::move(*started));
    EXPECT_TRUE(client(*broker, "a", "loadsim", "p w#$6$x").connect());
    EXPECT_TRUE(client(*broker, "b", "car-199", "secret-199").connect());
    EXPECT_FALSE(client(*broker, "c", "car-199", "secret-198").connect());
    EXPECT_FALSE(client(*broker, "d", "car-200", "secret-200").connect());
    EXPECT_FALSE(client(*broker, "e").connect());

    for (const auto& file : std::filesystem::recursive_directory_iterator(folder.path()))
        if (file.is_regular_file()) {
            EXPECT_THAT(harness::read_file(file), Not(HasSubstr("secret-"))) << file.path();
        }
    const auto others = std::filesystem::status(folder / "mosquitto.private").permissions() &
                        (std::filesystem::perms::group_all | std::filesystem::perms::others_all);
    EXPECT_EQ(others, std::filesystem::perms::none);
    broker.reset();
    EXPECT_FALSE(exists(folder / "mosquitto.private")) << "no password stays, not even its hash";
}
