// One kept-alive HTTP connection of the driver.
#pragma once

#include <loadsim/net/loop.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::drive {

/// Sends one request at a time. Opens its TCP connection when needed and keeps it while the server does.
/// Threads: the loop's. Must outlive the loop's run.
class http_connection final : private net::timer {
public:
    struct answer {
        unsigned status = 0;   ///< 0: none came; `trouble` says why
        std::string_view body; ///< valid during the call
        std::string_view trouble;
    };
    /// Called when the request's bytes are handed to the socket.
    using on_sent = std::function<void(monotonic_time)>;
    using on_answer = std::function<void(const answer&)>;

    http_connection(net::loop&, const boost::asio::ip::tcp::endpoint& server, nanoseconds timeout);
    ~http_connection() override;

    /// `request` is a whole HTTP/1.1 request. Only after the answer to the one before.
    void exchange(std::string request, on_sent, on_answer answered);
    void close();

private:
    static constexpr std::size_t header_limit = 16 * 1024;
    static constexpr std::uint64_t body_limit = 64 * 1024;

    void on_timer(monotonic_time) override;
    void connect();
    void write();
    void read();
    void watch();
    void finish(unsigned status, std::string_view body, std::string_view trouble);
    std::string trouble_of(const boost::system::error_code&) const;
    void drop();

    net::loop& loop_;
    const boost::asio::ip::tcp::endpoint& server_;
    nanoseconds timeout_;
    net::tcp_socket socket_;
    boost::beast::flat_static_buffer<header_limit> buffer_;
    std::optional<boost::beast::http::response_parser<boost::beast::http::string_body>> parser_;
    std::string request_;
    on_sent sent_;
    on_answer answered_;
    std::uint32_t connection_ = 0; ///< handlers of an earlier connection know themselves by it
    bool busy_ = false;
    bool open_ = false;
    bool timed_out_ = false;
};

} // namespace loadsim::drive
