// Reconnecting MQTT client session of loadsim, with broker failover.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/mqtt_link.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace loadsim::driver {

/// Reconnects with a delay after a connection loss; falls back to the next broker when a connection fails. Calls `ready`
/// once, after the subscription or with an error. Threads: the loop's thread.
class client_session : protected net::link_events {
public:
    struct session_setup {
        std::string display_name; ///< shown in messages: "the driver"
        std::string client_id;    ///< client identifier
        std::string user, password;
        std::vector<boost::asio::ip::tcp::endpoint> brokers; ///< at least one
        std::string filter;                                  ///< topic filter to subscribe to; empty: none
    };

protected:
    client_session(net::loop& loop, const mqtt::session_options& options, session_setup setup)
        : loop_(loop), options_(options), setup_(std::move(setup)), link_(loop, options_, *this, 0) {}
    ~client_session() override = default;

    void connect(std::function<void(std::string error)> ready);
    void disconnect() {
        ready_ = nullptr;
        link_.close();
    }
    const session_setup& setup() const noexcept { return setup_; }
    net::loop& loop() const noexcept { return loop_; }
    net::mqtt_link& link() noexcept { return link_; }

    /// Connection established. Unacknowledged messages of the previous connection are lost.
    virtual void on_session_started() = 0;
    virtual void on_session_lost(std::error_code) {}

private:
    mqtt::identity identify(net::mqtt_link&) override {
        return {.client_id = setup_.client_id, .user = setup_.user, .password = setup_.password, .last_will = {}};
    }
    void on_online(net::mqtt_link&, const mqtt::server_limits&, nanoseconds) override;
    void on_subscribed(net::mqtt_link&, std::span<const mqtt::reason>) override;
    void on_offline(net::mqtt_link&, std::error_code why, bool was_online) override;
    void on_wait_elapsed(net::mqtt_link&) override { link_.connect(setup_.brokers[broker_index_]); }
    void report_ready(std::string error);
    void report_refused(mqtt::reason);

    net::loop& loop_;
    const mqtt::session_options options_;
    const session_setup setup_;
    net::mqtt_link link_;
    std::function<void(std::string)> ready_;
    std::size_t broker_index_ = 0; ///< index of the current broker
    std::size_t refusals_ = 0;     ///< consecutive
};

} // namespace loadsim::driver
