// A session of ours at the platform's broker, or the next one.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/mqtt_link.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace loadsim::drive {

/// Connects, again after a while when it is lost, and to the next broker when one is closed; says once that it is ready, or why it
/// never will be. Threads: the loop's.
class own_session : protected net::link_events {
public:
    struct access {
        std::string who;  ///< in sentences: "the driver"
        std::string name; ///< client identifier
        std::string user, password;
        std::vector<boost::asio::ip::tcp::endpoint> brokers; ///< at least one
        std::string filter;                                  ///< what it listens to; empty: nothing
    };

protected:
    own_session(net::loop& loop, const mqtt::session_options& options, access to)
        : loop_(loop), options_(options), to_(std::move(to)), link_(loop, options_, *this, 0) {}
    ~own_session() override = default;

    void connect(std::function<void(std::string trouble)> ready);
    void disconnect() {
        ready_ = nullptr;
        link_.close();
    }
    const access& to() const noexcept { return to_; }
    net::loop& loop() const noexcept { return loop_; }
    net::mqtt_link& link() noexcept { return link_; }

    /// What was under way has gone with the connection before.
    virtual void on_begun() = 0;
    virtual void on_lost(std::error_code) {}

private:
    mqtt::identity identify(net::mqtt_link&) override {
        return {.client_id = to_.name, .user = to_.user, .password = to_.password, .last_will = {}};
    }
    void on_online(net::mqtt_link&, const mqtt::server_limits&, nanoseconds) override;
    void on_subscribed(net::mqtt_link&, std::span<const mqtt::reason>) override;
    void on_offline(net::mqtt_link&, std::error_code why, bool was_online) override;
    void on_waited(net::mqtt_link&) override { link_.connect(to_.brokers[at_]); }
    void tell(std::string trouble);
    void tell_refused(mqtt::reason);

    net::loop& loop_;
    const mqtt::session_options options_;
    const access to_;
    net::mqtt_link link_;
    std::function<void(std::string)> ready_;
    std::size_t at_ = 0;       ///< of the brokers
    std::size_t refusals_ = 0; ///< in a row
};

} // namespace loadsim::drive
