// One kept-alive connection of a client.
#pragma once

#include "answer_reader.hpp"
#include "request_bytes.hpp"
#include "tls_session.hpp"

#include <loadsim/http/client.hpp>
#include <loadsim/net/loop.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::http {

class connection;

/// A base URL as connections see it.
struct base {
    net::endpoint url;
    route way;
    std::vector<boost::asio::ip::tcp::endpoint> addresses; ///< where to connect to: its own, or the proxy's
    std::size_t good = 0;                                  ///< of addresses: the one that stood last
    std::string connect;                                   ///< what is asked of a proxy first; empty: nothing
    bool tls = false;
    monotonic_time away_until{}; ///< no connection to it stood
};

/// What a connection tells its owner, and asks of it.
class connection_owner {
public:
    virtual void on_opened() = 0; ///< its TCP connection stands
    virtual void on_closed() = 0; ///< ... and no longer
    /// The request's bytes are handed to the socket.
    virtual void on_sent(std::uint64_t token, std::uint32_t tries, monotonic_time) = 0;
    virtual void on_timed_out() = 0; ///< a try
    /// No connection to this base stood. Another one that is not known to be away; null: there is none.
    virtual base* instead_of(base& failed) = 0;
    /// Once for each exchange, never from inside exchange(). The connection is ready for the next, also at once.
    virtual void on_answer(connection&, std::uint64_t token, const answer&) = 0;

protected:
    ~connection_owner() = default;
};

/// Sends one request at a time, and each of them once unless `retries` allow more. Opens its TCP connection when needed and keeps
/// it while the server does.
///
/// An exchange is one write, one read and one wait for readability, which Asio makes an epoll_ctl; a read that is begun
/// before anything came would cost as much, being tried at once.
/// Threads: the loop's. Must outlive the loop's run.
class connection final : private net::timer {
public:
    struct settings {
        nanoseconds timeout;
        std::uint32_t retries = 0;
        bool keep_headers = false;
        std::size_t bases = 1;
        const tls_context* tls = nullptr; ///< null: no base has TLS
    };
    connection(net::loop&, connection_owner&, const settings&, std::size_t home);
    ~connection() override;

    /// Only after the answer to the one before. `to` outlives the exchange.
    void exchange(std::uint64_t token, const request&, base& to);
    void close();
    std::size_t home() const noexcept { return home_; } ///< the base that is its own, if nothing is in the way

private:
    static constexpr std::size_t unread_limit = 16 * 1024; ///< more than the largest header
    enum class stage : std::uint8_t { closed, connecting, tunnelling, shaking, open };

    void on_timer(monotonic_time) override;
    void begin_try();
    void go_to(base&);
    void connect();
    void connected();
    void secure();
    void shake_on();
    void established();
    void goes_wrong(std::string_view trouble);
    void write_request();
    void write(std::string_view bytes);
    void write_rest();
    void write_cipher();
    void wait();
    void readable(boost::system::error_code);
    boost::system::error_code read_plain();
    boost::system::error_code read_cipher();
    boost::system::error_code decrypt();
    boost::system::error_code digest();
    void through_the_proxy();
    void idle_readable();
    void answered();
    void fail(std::string_view trouble, bool timed_out = false);
    void fail_later(std::string trouble);
    void drop();
    monotonic_time timer_due() const { return stage_ == stage::open ? deadline_ : stands_by_; }

    net::loop& loop_;
    connection_owner& owner_;
    const settings& settings_;
    net::tcp_socket socket_;
    boost::beast::flat_static_buffer<unread_limit> unread_;
    answer_reader reader_;
    request_bytes request_;
    std::optional<tls_session> tls_;
    std::string cipher_;        ///< being written, when there is TLS
    std::string_view outgoing_; ///< what is being written
    std::size_t written_ = 0;   ///< of outgoing_
    bool writing_ = false;      ///< Asio has the rest of it
    base* to_ = nullptr;        ///< of the exchange; while open: where it leads
    std::size_t home_;
    std::size_t address_ = 0;        ///< of to_, tried now
    std::size_t addresses_left_ = 0; ///< of to_, this one too
    std::size_t bases_left_ = 0;     ///< of the try, this one too
    std::uint64_t token_ = 0;
    monotonic_time deadline_ = never;  ///< of the try
    monotonic_time stands_by_ = never; ///< of the attempt to connect
    std::uint32_t tries_ = 0;          ///< of the exchange: sent
    std::uint32_t timeouts_ = 0;       ///< of the exchange
    std::uint32_t connection_ = 0;     ///< handlers of an earlier connection know themselves by it
    stage stage_ = stage::closed;
    bool busy_ = false;
};

} // namespace loadsim::http
