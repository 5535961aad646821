// One client of the platform's broker: Eclipse Paho with its subscriptions.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/contract/source.hpp>
#include <loadsim/net/options.hpp>

#include <mqtt/async_client.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace loadsim::observe {

namespace paho = ::mqtt; // loadsim::mqtt is our own

enum class mqtt_version : std::uint8_t { v5, v3_1_1 };

struct subscription {
    std::string filter; ///< perhaps a shared one
    int qos = 1;
};

/// Reconnects by itself, to the next broker where there are several. Its session outlives an outage of an hour.
/// Threads: made, started and destroyed on one; `hear` and `reconnected` come on Paho's.
class mqtt_client {
public:
    using hear = std::function<void(const contract::heard&, monotonic_time)>;
    struct attempt {
        std::string trouble{};        ///< empty: connected and subscribed. Else a sentence
        bool refuses_version = false; ///< it may be that the broker does not speak this version
    };

    /// Throws what Paho throws at an address that is none.
    mqtt_client(const std::vector<net::endpoint>& brokers, mqtt_version, std::vector<subscription>, hear,
                std::function<void()> reconnected);
    ~mqtt_client();
    mqtt_client(const mqtt_client&) = delete;
    mqtt_client& operator=(const mqtt_client&) = delete;

    /// Blocks, for seconds at most. Once.
    attempt start();

private:
    paho::connect_options wishes(bool forget) const;
    attempt connect();
    attempt subscribe();
    bool is_sent_again(const paho::message&);
    void take(const paho::message&, monotonic_time);

    std::vector<net::endpoint> brokers_;
    mqtt_version version_;
    std::vector<subscription> wanted_;
    hear hear_;
    std::function<void()> reconnected_;
    std::atomic<bool> subscribed_{false};
    bool connected_ = false;
    std::deque<std::string> recent_; // by Paho's thread alone
    paho::async_client client_;      // last: its threads use the above
};

} // namespace loadsim::observe
