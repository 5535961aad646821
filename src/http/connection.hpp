// Keep-alive connection of an HTTP client.
#pragma once

#include "request_serializer.hpp"
#include "response_parser.hpp"

#include <loadsim/http/client.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/tls_session.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::http {

class connection;

/// Base URL at one address, and its availability.
struct base {
    net::endpoint url;
    route request_route;
    boost::asio::ip::tcp::endpoint address; ///< of the host, or of the proxy
    std::string proxy_request;              ///< CONNECT request for the proxy; empty: none
    bool tls = false;
    monotonic_time unavailable_until{}; ///< set after a failed connect
};

/// Events of a connection, and decisions of its owner.
class connection_owner {
public:
    virtual void on_opened(const base&) = 0; ///< the TCP connection is established
    virtual void on_closed() = 0;            ///< the TCP connection is closed
    /// The request is written to the socket.
    virtual void on_sent(std::uint64_t token, std::uint32_t tries, monotonic_time) = 0;
    virtual void on_timed_out() = 0; ///< a try timed out
    /// The connect to this base failed. Returns another available one; null: none.
    virtual base* fail_over(base& failed) = 0;
    /// Called once per exchange, never from inside exchange(). The connection is ready for the next exchange.
    virtual void on_response(connection&, std::uint64_t token, const response_view&) = 0;

protected:
    ~connection_owner() = default;
};

/// Sends one request at a time, and each request once unless `retries` is set. Opens its TCP connection on demand and keeps it
/// until the server closes it.
///
/// System calls per exchange: write, read, and epoll_ctl for the wait. An asynchronous read without the wait would cost as
/// much, since Asio tries it at once.
/// Threads: the loop's. Must outlive the loop's run.
class connection final : private net::timer {
public:
    struct settings {
        nanoseconds timeout;
        std::uint32_t retries = 0;
        bool keep_headers = false;
        http::limits limits{};
        std::size_t base_count = 1;
        net::tls_context* tls = nullptr; ///< null: no base uses TLS
    };
    connection(net::loop&, connection_owner&, const settings&, std::size_t preferred_base);
    ~connection() override;

    /// Only after the response to the previous request. `to` must outlive the exchange.
    void exchange(std::uint64_t token, const request&, base& to);
    void close();
    bool is_open() const noexcept { return stage_ == stage::open; }
    /// Index of the base used unless it is unavailable.
    std::size_t preferred_base() const noexcept { return preferred_base_; }
    void prefer(std::size_t base) noexcept { preferred_base_ = base; }

private:
    enum class stage : std::uint8_t { closed, connecting, opening_tunnel, handshaking, open };

    void on_timer(monotonic_time) override;
    void begin_try();
    void connect_to(base&);
    void connect();
    void on_connected();
    void start_tls();
    void on_handshake();
    void on_established();
    void on_connect_failed(failure, std::string_view reason);
    void write_request();
    void write(std::string_view bytes);
    void write_rest();
    void write_records();
    void wait();
    void on_readable(boost::system::error_code);
    boost::system::error_code read_plaintext();
    boost::system::error_code read_records();
    boost::system::error_code parse(std::string_view plain);
    void on_tunnel_response();
    void on_idle_readable();
    void on_response_complete();
    std::string error_text(const boost::system::error_code&) const;
    void fail(failure, std::string_view reason);
    void post_failure(failure, std::string reason);
    void drop();
    void tap(bool sent, std::string_view bytes);
    monotonic_time timer_due() const { return stage_ == stage::open ? deadline_ : connect_deadline_; }

    net::loop& loop_;
    connection_owner& owner_;
    const settings& settings_;
    net::tcp_socket socket_;
    response_parser parser_;
    request_serializer request_;
    std::optional<net::tls_session> tls_;
    std::optional<net::byte_tap::connection> tapped_; ///< while open, with a byte_tap
    mqtt::bytes records_;                             ///< of TLS, to be written
    mqtt::bytes written_records_;                     ///< of TLS, being written
    std::string_view outgoing_;                       ///< bytes being written
    std::size_t written_ = 0;                         ///< bytes of outgoing_
    bool writing_ = false;                            ///< an async_write is in progress
    base* base_ = nullptr;                            ///< of the exchange; while open: of the connection
    std::size_t preferred_base_;
    std::size_t bases_left_ = 0; ///< untried bases of this try, including the current one
    std::uint64_t token_ = 0;
    monotonic_time deadline_ = never;         ///< of the try
    monotonic_time connect_deadline_ = never; ///< of the connect attempt
    std::uint32_t tries_ = 0;                 ///< requests sent in the exchange
    std::uint32_t timeouts_ = 0;              ///< timeouts in the exchange
    std::uint32_t generation_ = 0;            ///< handlers of an earlier connection are ignored by it
    stage stage_ = stage::closed;
    bool busy_ = false;
};

} // namespace loadsim::http
