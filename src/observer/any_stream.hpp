// Connection to the platform's API, TCP or TLS, as one type.
#pragma once

#include <loadsim/net/tls_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace boost::asio::ssl {
class context;
}

namespace loadsim::net {
class byte_tap;
}

namespace loadsim::observer {

/// AsyncReadStream and AsyncWriteStream of Asio, and a next layer for Beast's WebSocket. Type erasure: protocol code is compiled
/// once instead of per stream and handler type. Each read and write allocates; events are too rare for that to matter.
/// Threads: one.
class any_stream {
public:
    using executor_type = boost::asio::any_io_executor;
    using error_code = boost::system::error_code;

    explicit any_stream(boost::asio::io_context&);
    any_stream(any_stream&&) noexcept;
    any_stream& operator=(any_stream&&) noexcept;
    ~any_stream();

    executor_type get_executor();
    void expires_after(std::chrono::nanoseconds); ///< timeout for all operations from now on
    void expires_never();                         ///< no timeout for later operations
    void close();                                 ///< cancels pending operations

    /// The connection gets TCP_NODELAY, and ends within seconds when the path to the peer is dead.
    void async_connect(const boost::asio::ip::tcp::endpoint&, std::function<void(error_code)>);
    /// TLS handshake as client; `host`: its certificate's name, and SNI unless it is an address. The context is configured by
    /// net::configure_tls() and must outlive this.
    void async_handshake(boost::asio::ssl::context&, const net::tls_options&, const std::string& host,
                         std::function<void(error_code)>);

    /// Reports all bytes from now on, as they are above TLS. The tap must outlive all operations of this connection.
    void start_tap(net::byte_tap&);

    /// Text of an error: with TLS what is wrong with a certificate, or else the error's own text.
    std::string describe(error_code) const;

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& into, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto done, boost::asio::mutable_buffer first) { read_some(first, copyable(std::move(done))); },
            token, first_buffer<boost::asio::mutable_buffer>(into));
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& from, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto done, boost::asio::const_buffer first) { write_some(first, copyable(std::move(done))); }, token,
            first_buffer<boost::asio::const_buffer>(from));
    }

    using handler = std::function<void(error_code, std::size_t)>;
    void read_some(boost::asio::mutable_buffer, handler);
    void write_some(boost::asio::const_buffer, handler);

    // Required by Beast's WebSocket of a custom layer (boost/beast/websocket/teardown.hpp).
    friend void beast_close_socket(any_stream& s) { s.close(); }
    friend void teardown(boost::beast::role_type, any_stream& s, error_code& error) {
        s.close();
        error = {};
    }
    template <class Handler>
    friend void async_teardown(boost::beast::role_type, any_stream& s, Handler&& done) {
        s.close();
        boost::asio::post(s.get_executor(),
                          boost::beast::bind_front_handler(std::forward<Handler>(done), error_code{}));
    }

private:
    template <class Done>
    static handler copyable(Done done) {
        return [kept = std::make_shared<Done>(std::move(done))](error_code error, std::size_t size) {
            (*kept)(error, size);
        };
    }
    /// First non-empty buffer; a *_some operation may transfer less than given.
    template <class Buffer, class Buffers>
    static Buffer first_buffer(const Buffers& all) {
        for (auto one = boost::asio::buffer_sequence_begin(all); one != boost::asio::buffer_sequence_end(all); ++one)
            if (const Buffer first = *one; first.size() != 0) return first;
        return {};
    }

    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::observer
