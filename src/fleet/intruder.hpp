// A second client that comes with a vehicle's name: a cloned VIN.
#pragma once

#include <loadsim/fleet/papers.hpp>
#include <loadsim/net/mqtt_link.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <string>

namespace loadsim::fleet {

/// Connects once, throws the vehicle out by that, and leaves after a while, or when the vehicle throws it out in turn: it does not come
/// back, so that the two do not kick each other for ever. It subscribes to nothing and says nothing.
/// Threads: the loop's. Not to be destroyed from inside a call of its own link.
class intruder final : private net::link_events, private net::timer {
public:
    intruder(net::loop& loop, const mqtt::session_options& session, papers shown)
        : loop_(loop), papers_(std::move(shown)), link_(loop, session, *this, 0) {}

    bool inside() const noexcept { return inside_; }

    void come(const boost::asio::ip::tcp::endpoint& broker, monotonic_time leaves) {
        link_.close();
        inside_ = true;
        loop_.arm(*this, leaves);
        link_.connect(broker);
    }

private:
    mqtt::identity identify(net::mqtt_link&) override {
        return {.client_id = papers_.name, .user = papers_.user, .password = papers_.password, .last_will = {}};
    }
    void on_online(net::mqtt_link&, const mqtt::server_limits&, nanoseconds) override {}
    void on_message(net::mqtt_link&, const mqtt::message&) override {}
    void on_offline(net::mqtt_link&, std::error_code, bool) override { inside_ = false; }
    void on_timer(monotonic_time) override {
        inside_ = false;
        link_.close();
    }

    net::loop& loop_;
    papers papers_;
    net::mqtt_link link_;
    bool inside_ = false; ///< or on its way
};

} // namespace loadsim::fleet
