// MQTT client with subscriptions, based on Eclipse Paho.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/contract/message_parser.hpp>
#include <loadsim/net/url.hpp>

#include <mqtt/async_client.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace loadsim::observer {

namespace paho = ::mqtt; // to distinguish it from loadsim::mqtt

enum class mqtt_version : std::uint8_t { v5, v3_1_1 };

struct subscription {
    std::string filter; ///< may be a shared subscription
    int qos = 1;
};

/// Reconnects automatically, to the next broker if there are several. The session survives an outage of up to an hour.
/// Threads: construct, start and destroy on one thread; callbacks run on Paho's thread.
class paho_client {
public:
    using message_handler = std::function<void(const contract::message_view&, monotonic_time)>;
    struct start_result {
        std::string error{};          ///< error sentence; empty: connected and subscribed
        bool refuses_version = false; ///< the broker may not support this MQTT version
    };

    /// Throws paho::exception if a broker address is invalid.
    paho_client(const std::vector<net::endpoint>& brokers, mqtt_version, std::vector<subscription>, message_handler,
                std::function<void()> reconnected);
    ~paho_client();
    paho_client(const paho_client&) = delete;
    paho_client& operator=(const paho_client&) = delete;

    /// Connects and subscribes. Blocks for some seconds at most. Call once.
    start_result start();

private:
    paho::connect_options make_connect_options(bool clean) const;
    start_result connect();
    start_result subscribe();
    bool is_redelivery(const paho::message&);
    void on_paho_message(const paho::message&, monotonic_time);

    std::vector<net::endpoint> brokers_;
    mqtt_version version_;
    std::vector<subscription> subscriptions_;
    message_handler on_message_;
    std::function<void()> reconnected_;
    std::atomic<bool> subscribed_{false};
    bool connected_ = false;
    std::deque<std::string> recent_messages_; // used on Paho's thread only
    paho::async_client client_;               // last: its threads use the members above
};

} // namespace loadsim::observer
