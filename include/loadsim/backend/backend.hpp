// The reference remote-services backend: an event-driven platform in small, to try scenarios against.
#pragma once

#include <loadsim/backend/figures.hpp>
#include <loadsim/backend/options.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/net/options.hpp>

#include <memory>

namespace loadsim::backend {

/// A running backend: takes requests over HTTP, sends commands to vehicles and takes their answers over MQTT, announces
/// final events there too, writes every event to SQLite. With options.broker_api it posts commands to a broker team's HTTP API
/// in place of that, takes the vehicles' words at POST /vehicles/{vin}/words, and posts final events to a URL if it is told one.
///
/// Threads: brings its own (one for the service and HTTP, one for the database, Paho's two). Every member may be called
///          from any thread but those; not from two at once, except figures().
/// Errors:  only start() has any. Later a lost broker is waited for, and what is counted is in figures().
class server {
public:
    /// Returns when HTTP is bound and the broker's subscription stands, or with everything that prevented it, nothing
    /// left running: port busy, broker unreachable or refusing, database that cannot be opened. Takes some 10 s at most.
    /// `broker`: not looked at with options.broker_api. `listen`: port 0 = any free one; an empty host is 127.0.0.1.
    static result<server> start(const options&, const net::endpoint& broker, const net::endpoint& listen);

    server(server&&) noexcept;
    server& operator=(server&&) noexcept;
    ~server(); ///< stop()

    /// Where the API is: http, the host asked for, the port bound.
    net::endpoint api() const;

    figures counted() const;

    /// Lets answers in flight finish (at most a second), writes what persistence holds, leaves the broker. Requests
    /// still active stay without an end. Once stopped, a second call does nothing.
    void stop();

private:
    class running;
    explicit server(std::unique_ptr<running>);
    std::unique_ptr<running> running_;
};

} // namespace loadsim::backend
