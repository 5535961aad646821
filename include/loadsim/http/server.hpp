// Small HTTP/1.1 server for the embedded backend, webhooks, the simulated broker API, metrics and the live page.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/net/url.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace loadsim::net {
class byte_tap;
}

namespace loadsim::http {

/// Header fields of a received request.
class header_fields {
public:
    /// Empty if there is none. The view is valid during the handler's call.
    virtual std::string_view find(std::string_view name) const = 0;

protected:
    ~header_fields() = default;
};

/// Received request. Views, valid during the handler's call.
struct request_view {
    std::string_view method; ///< "GET", also for HEAD: the response then has no body
    std::string_view target; ///< as received: percent-encoded, with the query
    std::string_view body{};
    const header_fields* fields = nullptr;

    std::string_view header(std::string_view name) const { return fields ? fields->find(name) : std::string_view{}; }
    /// The target without query, fragment, and the scheme and host of an absolute form (RFC 9112, 3.2.2).
    std::string_view path() const noexcept;
    std::string_view query() const noexcept; ///< of the target, without the question mark
    /// Value of the first parameter of the query with this name, as received.
    std::optional<std::string_view> parameter(std::string_view name) const noexcept;
};

class deferred_response;
class streamed_body;

/// Response of a handler.
struct server_response {
    enum class response_kind : std::uint8_t {
        normal,
        reset, ///< reset the connection instead of responding
    };
    unsigned status = 200;
    std::string body{};
    std::string content_type = "application/json"; ///< empty: none
    header_list headers{};                         ///< in addition to the standard ones
    nanoseconds delay{0}; ///< until the response is sent; later responses of the connection wait too
    response_kind kind = response_kind::normal;
    std::shared_ptr<deferred_response>
        deferred{}; ///< set: the response follows by complete(), the other members are ignored
    /// Set: takes the place of `body`, and the connection is closed after it. One response has it. Not to HEAD.
    std::shared_ptr<streamed_body> stream{};
};

/// Response that is completed after the handler's call; later responses of the connection wait for it.
/// Threads: the server's.
class deferred_response {
public:
    /// Once. Status, body, content type and headers count. No effect if the connection has been closed.
    void complete(server_response);
    const server_response* find() const { return response_ ? &*response_ : nullptr; } ///< nullptr: not completed
    void on_complete(std::function<void()> f) { on_complete_ = std::move(f); }

private:
    std::optional<server_response> response_;
    std::function<void()> on_complete_;
};

/// Body that is written while its connection lasts, in chunks (RFC 9112, 7.1), to HTTP/1.0 without them. Writing never waits: what
/// the client has not taken is kept, and above `max_waiting` bytes its connection is reset.
/// Threads: the server's.
class streamed_body {
public:
    enum class state : std::uint8_t {
        open,
        ended,       ///< by end(); what waits is still sent
        client_gone, ///< it has closed the connection, or the server has
        too_slow,    ///< more than `max_waiting` bytes waited
    };
    using text = std::shared_ptr<const std::string>; ///< shared by all clients that get the same

    explicit streamed_body(std::size_t max_waiting) : max_waiting_(max_waiting) {}

    /// No effect unless open, and of an empty text.
    void write(text);
    void end();
    state current() const noexcept { return state_; }

    // For the connection.
    std::optional<text> take(); ///< the next text; nullopt: nothing waits
    void close();               ///< by the client or the server
    void on_change(std::function<void()> f) { on_change_ = std::move(f); }

private:
    std::size_t max_waiting_;
    std::size_t waiting_bytes_ = 0;
    std::deque<text> waiting_;
    state state_ = state::open;
    std::function<void()> on_change_; ///< there is something to send, or nothing more will come
};

/// Problem details (RFC 9457): {"type","title","status","detail"}, and the members of `more`.
server_response problem_details(unsigned status, std::string_view detail, const header_list& more = {});
/// 405. `allowed`: methods of the path, "POST, PUT"; with GET also HEAD.
server_response method_not_allowed(std::string_view allowed);

using handler = std::function<server_response(const request_view&)>;

struct server_options {
    http::limits limits{.body = 16 * 1024};
    std::size_t max_connections = 4'096; ///< further ones get status 503 and are closed
    std::chrono::seconds request_timeout{
        10};                                ///< from a request's first byte to its last; also for sending the response
    std::chrono::seconds idle_timeout{120}; ///< between requests
    net::byte_tap* tap = nullptr; ///< receives the bytes, as the client's; null: none. Must outlive the server
    std::string certificate{};    ///< PEM file with the chain behind the certificate; empty: no TLS
    std::string key{};            ///< PEM file; empty: the key is in the same file
};

struct server_counts {
    std::uint64_t accepted = 0; ///< connections
    std::uint64_t open = 0;
    std::uint64_t rejected = 0;  ///< above the maximum of connections
    std::uint64_t timed_out = 0; ///< closed by the idle or request timeout
    std::uint64_t too_slow = 0;  ///< readers of a streamed_body that were reset
    std::uint64_t responses = 0;
    std::uint64_t malformed = 0; ///< not HTTP, or over a limit; included in `responses`
    std::uint64_t oversized = 0; ///< over a limit; included in `malformed`
    std::uint64_t reset = 0;     ///< on request of the handler
    friend bool operator==(const server_counts&, const server_counts&) = default;
};

/// Threads: the one that runs the io_context; open() before it runs.
class server {
public:
    /// `on_handled`: called after each received chunk was handled and its responses were queued; may be empty.
    server(boost::asio::io_context&, server_options, handler, std::function<void()> on_handled = {});
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server();

    /// Binds, listens and accepts; returns the port. Errors: the address, the cause, and what to do; a file that is no
    /// certificate or key.
    result<std::uint16_t> open(const net::endpoint&);

    /// Stops accepting connections and requests; pending responses are still sent, streamed bodies are ended, then all
    /// connections are closed.
    void close();

    const server_counts& counts() const;

private:
    class acceptor;
    std::shared_ptr<acceptor> acceptor_;
};

/// Server with a thread of its own. Threads: the handler is called on that thread; all methods from any thread.
class listener {
public:
    /// Port 0: any free port. Errors: as server::open().
    static result<listener> start(const net::endpoint&, const server_options&, handler);
    /// Runs the task on the server's thread, later; not when the listener ends before. For streamed_body.
    void post(std::function<void()>);
    listener(listener&&) noexcept;
    listener& operator=(listener&&) noexcept;
    ~listener(); ///< stops; waits up to one second for pending responses

    const net::endpoint& address() const; ///< listen address, with the actual port
    std::string url() const;              ///< "http://127.0.0.1:4711"; with TLS https
    server_counts counts() const;

private:
    class impl;
    explicit listener(std::unique_ptr<impl>);
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::http
