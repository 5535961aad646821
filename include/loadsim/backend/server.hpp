// Reference remote-services backend: a small event-driven service for trying out scenarios.
#pragma once

#include <loadsim/backend/counts.hpp>
#include <loadsim/backend/options.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/net/url.hpp>

#include <memory>
#include <vector>

namespace loadsim::backend {

/// Running backend: accepts requests over HTTP, sends commands to vehicles and receives their responses over MQTT,
/// publishes final events over MQTT and writes every event to SQLite. With options.broker_api it posts commands to a
/// broker's HTTP API instead, receives responses at POST /vehicles/{vin}/responses and posts final events to
/// options.broker_api.events if set.
///
/// Threads: starts its own (one for the service, HTTP and MQTT, one for the database). Members may be called from any other
///          thread, but not concurrently, except counts().
/// Errors:  from start() only. After it the server reconnects to a lost broker; failures are in counts().
class server {
public:
    /// Returns when the HTTP port is bound and the broker has acknowledged the subscription. Takes about 10 s at most.
    /// Errors: port busy, broker unreachable or refusing, database cannot be opened; nothing is left running then.
    /// `brokers`: all addresses of all are used in turn, when a connect fails; the credentials are those of the first; ignored with
    /// options.broker_api. `listen`: port 0: any free port; an empty host is 127.0.0.1.
    static result<server> start(const options&, const std::vector<net::endpoint>& brokers, const net::endpoint& listen);

    server(server&&) noexcept;
    server& operator=(server&&) noexcept;
    ~server(); ///< stop()

    /// Endpoint of the API: http, the host given to start(), the bound port.
    net::endpoint api() const;

    backend_counts counts() const;

    /// Waits for open HTTP responses and unconfirmed messages (at most 1 s), flushes persistence and disconnects from
    /// the broker. Active requests do not reach a final state. Idempotent.
    void stop();

private:
    class impl;
    explicit server(std::unique_ptr<impl>);
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::backend
