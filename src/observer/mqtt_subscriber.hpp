// Interface of the MQTT clients of an observer.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/contract/message_parser.hpp>
#include <loadsim/mqtt/options.hpp>
#include <loadsim/net/mqtt_client.hpp>
#include <loadsim/net/refusal.hpp>
#include <loadsim/net/server_list.hpp>
#include <loadsim/net/url.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::observer {

/// Settings of all clients of an observer, and the subscriptions of each.
struct subscriber_setup {
    std::vector<net::endpoint> brokers; ///< in failover order, at least one; the credentials are those of the first
    net::server_list servers{};         ///< of the brokers; of other URLs: they are looked up
    std::size_t first_broker =
        0; ///< index of the address that the first client begins with, the others at the next ones
    std::vector<std::vector<net::mqtt_client::topic_filter>> clients; ///< subscriptions, by client
    /// Called on a thread of the subscriber, also before start() returns.
    std::function<void(const contract::message_view&, monotonic_time)> on_message;
    std::function<void()> on_reconnect; ///< called likewise
    /// Called likewise for a message that the broker has retained since before the start; on_message is not.
    std::function<void()> on_retained;
    std::function<void(const std::string& address)> on_connect{}; ///< called likewise, if the address is known
    std::function<void(const std::string& sentence)>
        on_limited{}; ///< called likewise: the broker supports less than was requested
    std::function<void(const std::string& why)> on_lost{}; ///< called likewise: a session has ended
    net::byte_tap* tap = nullptr;                          ///< receives the bytes of loadsim's own link; null: none
};

/// Clients that reconnect automatically, to the next broker if there are several. Their sessions survive an outage of up to an
/// hour, and end at the broker with the object.
class mqtt_subscriber {
public:
    struct start_result {
        std::string error{};          ///< error sentence; empty: connected and subscribed
        bool refuses_version = false; ///< the broker may not support this MQTT version
    };
    virtual ~mqtt_subscriber() = default;
    /// Connects and subscribes. Blocks for some seconds at most. Call once.
    virtual start_result start() = 0;
};

inline constexpr std::chrono::seconds keep_alive{30};

inline constexpr std::string_view session_name = "the observer"; ///< in sentences
/// Without the version: an observer tries the other one by itself.
inline constexpr net::session_keys keys_of_observer{.credentials = net::keys_of_own_sessions.credentials};

inline constexpr std::string_view no_shared_subscriptions =
    "the broker has no shared subscriptions, which several clients of an observer need; write clients: 1";

/// Client identifier, unique per run: the broker disconnects an older client with the same identifier.
inline std::string unique_client_id() { return fmt::format("loadsim-observer-{:08x}", std::random_device{}()); }

} // namespace loadsim::observer
