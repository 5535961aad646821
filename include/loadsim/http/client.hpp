// HTTP client with a pool of keep-alive connections: http and https, several base URLs, a proxy. Blocking request.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/http/options.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/url.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace loadsim::http {

/// Value of the Host field: "api.test", "api.test:8080", "[::1]:8080"; without the default port of the scheme.
std::string authority(const net::endpoint&);

/// CONNECT request that opens a tunnel to the base URL through a proxy (RFC 9110, 9.3.6).
std::string connect_request(const net::endpoint& base);

/// Reason for which a request has no response.
enum class failure : std::uint8_t {
    none,
    connection,  ///< not opened, closed, or without a response in time
    tls,         ///< no TLS with the server
    tls_refused, ///< one end refuses the other's certificate or offer; the text says what to do
    response,    ///< it is HTTP, but loadsim does not take it: over a limit, compressed
};

struct response_view {
    unsigned status = 0;        ///< 0: no response; see `error`
    std::string_view body;      ///< valid during the callback
    std::string_view error;     ///< short, so that errors can be counted by this text
    const header_list& headers; ///< empty unless keep_headers is set
    std::uint32_t tries = 1;    ///< number of times the request was sent
    failure why = failure::none;

    std::string_view header(std::string_view name) const { return find_header(headers, name); }
};

/// Events of a client, on the loop's thread. The token is the one given to send().
class client_events {
public:
    /// The request is written to the socket for the first time.
    virtual void on_sent(std::uint64_t, monotonic_time) {}
    /// Called once per request, never from inside send(). May call send().
    virtual void on_response(std::uint64_t, const response_view&) = 0;
    /// A queued request has got a connection, after this waiting time. Return false to cancel it without further events.
    /// Also called for requests still queued at stop().
    virtual bool on_dequeued(std::uint64_t, nanoseconds) { return true; }

protected:
    ~client_events() = default;
};

/// Counts since the last take_counts(). Peaks are given as their increase, so that counts can be summed.
struct client_counts {
    std::uint64_t requests = 0; ///< sent, without retries
    std::uint64_t opened = 0;   ///< TCP connections made
    std::uint64_t open_peak = 0;
    std::uint64_t busy_peak = 0;
    std::uint64_t timed_out = 0;                    ///< tries without a connection or response within the timeout
    std::uint64_t resent = 0;                       ///< tries after the first
    std::uint64_t failed_over = 0;                  ///< requests sent to another address than the next in turn
    std::map<std::string, std::uint64_t> addresses; ///< TCP connections made, by address
};

/// Sends each request once, or more often if `retries` is set: after a broken connection it is unknown whether the API has
/// processed the request. Requests are queued while no connection is free.
///
/// Every address of every base URL has its share of the connections. Names are looked up in make(), which blocks, and again while
/// connections are opened (net::server_list). An address whose connect fails or times out is skipped for three seconds if there
/// is another one.
/// Bounds:  the options' limits. A response over them, or with a compressed body, is an error.
/// Threads: the loop's. Must outlive the loop's run.
class client {
public:
    /// Errors: a name that cannot be resolved, a TLS file that cannot be read, no base URL.
    static result<std::unique_ptr<client>> make(net::loop&, client_events&, const client_options&);
    virtual ~client() = default;

    /// The request is copied.
    virtual void send(std::uint64_t token, const request&) = 0;
    /// Closes all connections. The only later events are on_dequeued() of queued requests.
    virtual void stop() = 0;
    virtual client_counts take_counts() = 0;
    virtual std::uint32_t max_connections() const noexcept = 0; ///< of client_options
};

/// One request with a client and a loop of its own. Blocks, for at most the options' timeout per try. A response of any status is
/// a success; its headers are kept. `should_stop` is polled meanwhile; true: gives up.
/// Errors: one sentence with the URL: no connection, timeout, untrusted certificate, not HTTP, given up.
result<response> fetch(const client_options&, const request&, const std::function<bool()>& should_stop = {});

} // namespace loadsim::http
