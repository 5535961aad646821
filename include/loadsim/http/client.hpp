// Requests to an API over kept-alive connections: http and https, several base URLs, a proxy.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/options.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::http {

/// Files in PEM. Host name and chain are always verified.
struct tls_options {
    std::string ca{};          ///< who we trust; empty: the system's
    std::string certificate{}; ///< ours, with its chain; empty: none
    std::string key{};         ///< of the certificate; empty: it is in the same file
    friend bool operator==(const tls_options&, const tls_options&) = default;
};

struct client_options {
    std::vector<net::endpoint> bases;     ///< http or https, in turn. One that cannot be connected to is passed over
    tls_options tls{};                    ///< of https
    std::optional<net::endpoint> proxy{}; ///< of HTTP: asked in absolute form, and by CONNECT for https
    std::uint32_t connections = 64;       ///< at most; at least 1
    nanoseconds timeout = std::chrono::seconds{10}; ///< for connect, request and answer together, of each try
    std::uint32_t retries = 0; ///< after a time-out the connection is dropped and the same is sent again
    bool keep_headers = false; ///< of answers: they cost an allocation each
};

/// What stands in the Host field: "api.test", "api.test:8080", "[::1]:8080"; without the port that the scheme has of itself.
std::string authority(const net::endpoint&);

struct answer {
    unsigned status = 0;        ///< 0: none came; `trouble` says why
    std::string_view body;      ///< valid during the call
    std::string_view trouble;   ///< short enough to be counted by
    const header_list& headers; ///< empty unless they are kept
    std::uint32_t tries = 1;    ///< how often it was sent
    bool timed_out = false;     ///< the last try was

    std::string_view header(std::string_view name) const { return find(headers, name); }
};

/// What a client tells, on the loop's thread. The token is whatever was handed to send().
class client_events {
public:
    /// The first byte of the request's first try is handed to the socket.
    virtual void on_sent(std::uint64_t, monotonic_time) {}
    /// Once for each request, never from inside send(). What was asked may be asked again, at once.
    virtual void on_answer(std::uint64_t, const answer&) = 0;
    /// A request that had to wait for a connection has one now; false: it is not wanted any more, and nothing more is told of
    /// it. Also told when it still waits at stop().
    virtual bool on_turn(std::uint64_t, nanoseconds) { return true; }

protected:
    ~client_events() = default;
};

/// Since the take() before. Peaks are told by their growth, so that all of it can be added up.
struct client_counts {
    std::uint64_t requests = 0; ///< sent, each once
    std::uint64_t opened = 0;   ///< TCP connections made
    std::uint64_t open_peak = 0;
    std::uint64_t busy_peak = 0;
    std::uint64_t timed_out = 0;   ///< tries without an answer, or a connection, in time
    std::uint64_t sent_again = 0;  ///< tries after the first
    std::uint64_t failed_over = 0; ///< requests that went to another base URL than the one whose turn it was
};

/// Sends each request once, unless `retries` allow more: what became of one that broke off only the API knows. A request for
/// which no connection is free waits for one.
///
/// Names are looked up once, in make(), which blocks for that. All addresses of a name are tried. A base that refuses or does not
/// answer a connect is passed over for three seconds, unless there is no other.
/// Bounds:  headers of an answer 8 KiB, bodies 64 KiB.
/// Threads: the loop's. Must outlive the loop's run.
class client {
public:
    /// Errors: a name that cannot be looked up, a file of TLS that cannot be read; no base at all.
    static result<std::unique_ptr<client>> make(net::loop&, client_events&, const client_options&);
    virtual ~client() = default;

    /// The request is copied.
    virtual void send(std::uint64_t token, const request&) = 0;
    /// Closes its connections. Nothing is told after that but on_turn() of what waits.
    virtual void stop() = 0;
    virtual client_counts take() = 0;
    virtual std::uint32_t connections() const noexcept = 0; ///< at most
};

} // namespace loadsim::http
