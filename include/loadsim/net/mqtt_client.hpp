// MQTT client session that reconnects, with broker failover: for loadsim's own sessions, not for vehicles.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/mqtt_link.hpp>
#include <loadsim/net/reconnect_policy.hpp>
#include <loadsim/net/refusal.hpp>
#include <loadsim/net/server_list.hpp>
#include <loadsim/net/tls_session.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace loadsim::net {

/// Session expiry interval of a session that outlives its connection: longer than any outage that a run survives.
inline constexpr std::chrono::seconds kept_session_expiry{3600};

/// Subscribes at every connect: a restarted broker or another one may not have the session. One that has it does not send the
/// retained messages again (5.0). A subscription that SUBACK refuses after the start is a limit of the broker, and is
/// tried again each second.
/// Threads: the loop's thread. Must not be destroyed from one of its callbacks.
class mqtt_client : protected link_events, private timer {
public:
    struct topic_filter {
        std::string filter;
        mqtt::qos quality = mqtt::qos::at_least_once;
    };
    struct client_setup {
        std::string display_name; ///< shown in the log: "the driver"
        std::string client_id;    ///< client identifier
        std::string user{}, password{};
        server_list brokers{};        ///< at least one
        std::size_t first_broker = 0; ///< index of the broker to begin with, modulo their number
        std::vector<topic_filter> subscriptions{};
        reconnect_policy::start_limit limit = reconnect_policy::start_limit::all_refused;
        /// Short: while a session that observes is away, what it would have received is late or lost.
        nanoseconds reconnect_wait = std::chrono::milliseconds{100};
    };
    /// Called once, when the session is subscribed, or with the reason why it cannot be.
    using start_handler = std::function<void(const std::optional<start_failure>&)>;

    mqtt_client(const mqtt_client&) = delete;
    mqtt_client& operator=(const mqtt_client&) = delete;

protected:
    mqtt_client(net::loop& loop, const mqtt::session_options& options, client_setup setup)
        : loop_(loop), options_(options), setup_(std::move(setup)), link_(loop, options_, *this, 0),
          policy_(setup_.brokers.at(loop.now())->size(), setup_.limit, setup_.reconnect_wait, setup_.first_broker) {}
    ~mqtt_client() override = default;

    void connect(start_handler);
    /// No callback follows.
    void disconnect(mqtt::session::close_scope scope = mqtt::session::close_scope::connection) {
        on_start_ = nullptr;
        disarm();
        link_.close(scope);
    }
    const client_setup& setup() const noexcept { return setup_; }
    net::loop& loop() const noexcept { return loop_; }
    mqtt_link& link() noexcept { return link_; }
    /// The session is established, and the broker has refused one of its subscriptions.
    bool subscription_refused() const noexcept { return subscription_refused_; }
    /// Broker of the last connect.
    const boost::asio::ip::tcp::endpoint& broker() const noexcept { return broker_; }

    /// The broker's limits, before on_session_started(). Returns what the broker does not support and the client cannot do
    /// without, as a sentence; empty: nothing.
    virtual std::string check_limits(const mqtt::server_limits&) { return {}; }
    /// The broker supports less than was requested, as a sentence. Calls on_limited() once for each sentence.
    void report_limit(const std::string& sentence) {
        if (reported_limits_.insert(sentence).second) on_limited(sentence);
    }
    virtual void on_limited(const std::string& sentence);
    /// Connection established. Of a session that ends with its connection, unacknowledged messages are lost.
    virtual void on_session_started() {}
    /// The broker has granted all subscriptions. Not called without subscriptions.
    virtual void on_subscriptions_granted() {}
    /// The connection has ended or could not be opened; possibly from inside publish().
    virtual void on_session_lost(std::error_code) {}

private:
    std::error_code make_tls(mqtt_link&, std::unique_ptr<tls_session>&) override;
    mqtt::identity identify(mqtt_link&) override {
        return {.client_id = setup_.client_id, .user = setup_.user, .password = setup_.password, .last_will = {}};
    }
    void on_online(mqtt_link&, const mqtt::server_limits&, const connect_times&) override;
    void on_subscribed(mqtt_link&, std::span<const mqtt::reason>) override;
    void on_offline(mqtt_link&, std::error_code why, bool was_online) override;
    void on_wait_elapsed(mqtt_link&) override { connect_to_broker(); }
    void on_timer(monotonic_time) override { subscribe(); }
    bool broker_uses_tls() const; ///< of the last connect
    void subscribe();
    void connect_to_broker();
    void report_start(std::optional<start_failure>);
    void on_subscription_refused(const std::string& filter, std::error_code why, mqtt::reason);

    net::loop& loop_;
    const mqtt::session_options options_;
    const client_setup setup_;
    mqtt_link link_;
    reconnect_policy policy_;
    boost::asio::ip::tcp::endpoint broker_;
    std::size_t broker_url_ = 0;             ///< index into the URLs of the brokers
    std::optional<tls_context> tls_context_; ///< nullopt until the first connect with TLS
    std::string tls_error_;                  ///< why tls_context_ could not be made
    std::set<std::string> reported_limits_;
    start_handler on_start_;
    bool subscription_refused_ = false;
};

} // namespace loadsim::net
