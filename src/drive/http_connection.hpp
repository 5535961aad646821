// One kept-alive HTTP connection of the driver.
#pragma once

#include "http_answer_reader.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/net/loop.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace loadsim::drive {

class http_connection;

struct http_outcome {
    unsigned status = 0;   ///< 0: no answer came; `trouble` says why
    std::string_view body; ///< valid until the connection's next exchange
    std::string_view trouble;
};

/// What a connection tells.
class http_connection_events {
public:
    virtual void on_opened() = 0; ///< its TCP connection stands
    virtual void on_closed() = 0; ///< ... and no longer
    /// The request's bytes are handed to the socket.
    virtual void on_sent(request_key, monotonic_time) = 0;
    /// Once for each exchange, never from inside exchange(). The connection is ready for the next, also at once.
    virtual void on_outcome(http_connection&, request_key, const http_outcome&) = 0;

protected:
    ~http_connection_events() = default;
};

/// Sends one request at a time, and each of them once: what became of one that broke off only the API knows. Opens its TCP
/// connection when needed and keeps it while the server does.
///
/// An exchange is one write, one read and one wait for readability, which Asio makes an epoll_ctl; a read that is begun
/// before anything came would cost as much, being tried at once.
/// Threads: the loop's. Must outlive the loop's run.
class http_connection final : private net::timer {
public:
    http_connection(net::loop&, http_connection_events&, const boost::asio::ip::tcp::endpoint& server,
                    nanoseconds timeout);
    ~http_connection() override;

    /// `request` is a whole HTTP/1.1 request; it is copied. Only after the answer to the one before.
    void exchange(request_key, std::string_view request);
    void close();

private:
    static constexpr std::size_t unread_limit = 16 * 1024; ///< more than the largest header

    void on_timer(monotonic_time) override;
    void connect();
    void write();
    void write_rest();
    void wait();
    void readable(const boost::system::error_code& failed);
    void answered();
    void fail(std::string_view trouble);
    void fail_later(const boost::system::error_code& failed);
    void drop();

    net::loop& loop_;
    http_connection_events& events_;
    const boost::asio::ip::tcp::endpoint& server_;
    nanoseconds timeout_;
    net::tcp_socket socket_;
    boost::beast::flat_static_buffer<unread_limit> unread_;
    http_answer_reader reader_;
    std::string request_;
    std::size_t written_ = 0; ///< of request_
    request_key key_;
    monotonic_time deadline_ = never; ///< of the exchange
    std::uint32_t connection_ = 0;    ///< handlers of an earlier connection know themselves by it
    bool busy_ = false;
    bool open_ = false;
};

} // namespace loadsim::drive
