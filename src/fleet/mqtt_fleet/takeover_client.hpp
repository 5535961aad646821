// Takeover client: a second client with a vehicle's client id, as with a cloned VIN.
#pragma once

#include <loadsim/fleet/client_identity.hpp>
#include <loadsim/net/mqtt_link.hpp>
#include <loadsim/net/tls_session.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <string>
#include <system_error>

namespace loadsim::fleet {

/// Connects once, which makes the broker disconnect the vehicle; leaves after a given time, or when the vehicle takes the
/// session back. No reconnect, so that the two do not disconnect each other forever. Neither subscribes nor publishes.
/// Threads: the loop's. Must not be destroyed within a callback of its own link.
class takeover_client final : private net::link_events, private net::timer {
public:
    using tls_maker = std::function<std::error_code(std::unique_ptr<net::tls_session>&)>;

    /// `make_tls`: as net::link_events::make_tls().
    takeover_client(net::loop& loop, const mqtt::session_options& session, client_identity identity, tls_maker make_tls)
        : loop_(loop), identity_(std::move(identity)), make_tls_(std::move(make_tls)), link_(loop, session, *this, 0) {}

    bool active() const noexcept { return active_; }

    void connect(const boost::asio::ip::tcp::endpoint& broker, monotonic_time until) {
        link_.close();
        active_ = true;
        loop_.arm(*this, until);
        link_.connect(broker);
    }

private:
    std::error_code make_tls(net::mqtt_link&, std::unique_ptr<net::tls_session>& out) override {
        return make_tls_(out);
    }
    mqtt::identity identify(net::mqtt_link&) override {
        return {.client_id = identity_.client_id,
                .user = identity_.user_name,
                .password = identity_.password,
                .last_will = {}};
    }
    void on_online(net::mqtt_link&, const mqtt::server_limits&, const net::connect_times&) override {}
    void on_message(net::mqtt_link&, const mqtt::message&) override {}
    void on_offline(net::mqtt_link&, std::error_code, bool) override { active_ = false; }
    void on_timer(monotonic_time) override {
        active_ = false;
        link_.close();
    }

    net::loop& loop_;
    client_identity identity_;
    tls_maker make_tls_;
    net::mqtt_link link_;
    bool active_ = false; ///< connected or connecting
};

} // namespace loadsim::fleet
