// A small HTTP/1.1 server: what the embedded backend, the webhook and the stand-in for a broker's API listen with.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/net/options.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace loadsim::http {

/// The header fields of a request that came.
class field_source {
public:
    /// Empty: there is none. The view lasts as long as the handler's call.
    virtual std::string_view find(std::string_view name) const = 0;

protected:
    ~field_source() = default;
};

/// A request that came. Views, for the time of the handler's call.
struct incoming {
    std::string_view method; ///< "GET", also for HEAD: the body is left out of the answer
    std::string_view target; ///< as it came: percent-encoded, perhaps with a query
    std::string_view body{};
    const field_source* fields = nullptr;

    std::string_view header(std::string_view name) const { return fields ? fields->find(name) : std::string_view{}; }
    /// The target without scheme and host (RFC 9112, 3.2.2: a server takes the absolute form), query and fragment.
    std::string_view path() const noexcept;
};

/// What it gets.
struct reply {
    enum class manner : std::uint8_t {
        answer,
        reset, ///< the connection is reset in place of an answer
    };
    unsigned status = 200;
    std::string body{};
    std::string content_type = "application/json"; ///< empty: none
    header_list headers{};                         ///< beyond those of every answer
    nanoseconds after{0};                          ///< from now until it is answered; later ones of the connection wait
    manner how = manner::answer;
};

/// RFC 9457: {"type","title","status","detail"}, and more members where they are given.
reply problem(unsigned status, std::string_view detail, const header_list& more = {});

using handler = std::function<reply(const incoming&)>;

struct limits {
    std::uint32_t header = 8 * 1024;
    std::uint64_t body = 16 * 1024;
};

struct server_options {
    http::limits limits{};
    std::size_t connections = 4'096;         ///< more are answered 503 and closed
    std::chrono::seconds request_within{10}; ///< from a request's first byte to its last; also for taking the answer
    std::chrono::seconds idle_for{120};      ///< between requests
};

struct server_figures {
    std::uint64_t accepted = 0; ///< connections
    std::uint64_t open = 0;
    std::uint64_t turned_away = 0; ///< too many open already
    std::uint64_t timed_out = 0;   ///< closed for idling or for taking too long over a request
    std::uint64_t answered = 0;
    std::uint64_t malformed = 0; ///< not HTTP, or over a limit; part of `answered`
    std::uint64_t oversized = 0; ///< over a limit; part of `malformed`
    std::uint64_t reset = 0;     ///< on purpose, because the handler said so
    friend bool operator==(const server_figures&, const server_figures&) = default;
};

/// Threads: all on the one that runs the io_context, open() before it runs.
class server {
public:
    /// `worked`: called after each piece of input that was handled, once its answers are on their way; may be empty.
    server(boost::asio::io_context&, server_options, handler, std::function<void()> worked = {});
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server();

    /// Binds, listens and accepts; hands back the port. Errors: the address, why, and what to do.
    result<std::uint16_t> open(const net::endpoint&);

    /// No more connections and no more requests; answers under way are still sent. Then open connections fall to 0.
    void close();

    const server_figures& counted() const;

private:
    class acceptor;
    std::shared_ptr<acceptor> acceptor_;
};

/// A server on a thread of its own. Threads: the handler is called on that one; everything else from any.
class listener {
public:
    /// Port 0: any free one. Errors: as server::open().
    static result<listener> start(const net::endpoint&, const server_options&, handler);
    listener(listener&&) noexcept;
    listener& operator=(listener&&) noexcept;
    ~listener(); ///< stops: answers under way get a second

    const net::endpoint& address() const; ///< where it listens, with its port
    std::string url() const;              ///< "http://127.0.0.1:4711"
    server_figures figures() const;

private:
    class running;
    explicit listener(std::unique_ptr<running>);
    std::unique_ptr<running> running_;
};

} // namespace loadsim::http
