// A connection to the platform's API, with TLS or without, as one type.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <variant>

namespace loadsim::observe {

using plain_stream = boost::beast::tcp_stream;
using secure_stream = boost::beast::ssl_stream<boost::beast::tcp_stream>;

/// An AsyncReadStream and AsyncWriteStream of Asio, and a next layer for Beast's WebSocket: what is spoken over it is compiled once,
/// and not for each kind of connection and each of its handlers. Each read and write allocates; events come too seldom to matter.
/// Threads: one.
class api_stream {
public:
    using executor_type = boost::asio::any_io_executor;
    using error_code = boost::system::error_code;

    explicit api_stream(plain_stream s) : stream_(std::move(s)) {}
    explicit api_stream(secure_stream s) : stream_(std::move(s)) {}

    executor_type get_executor();
    void expires_never(); ///< what is read or written from now on
    void close();         ///< ends what is under way

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& into, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto done, boost::asio::mutable_buffer first) { read_some(first, copyable(std::move(done))); },
            token, first_of<boost::asio::mutable_buffer>(into));
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& from, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto done, boost::asio::const_buffer first) { write_some(first, copyable(std::move(done))); }, token,
            first_of<boost::asio::const_buffer>(from));
    }

    // What Beast's WebSocket asks of a layer that it does not know (boost/beast/websocket/teardown.hpp).
    friend void beast_close_socket(api_stream& s) { s.close(); }
    friend void teardown(boost::beast::role_type, api_stream& s, error_code& error) {
        s.close();
        error = {};
    }
    template <class Handler>
    friend void async_teardown(boost::beast::role_type, api_stream& s, Handler&& done) {
        s.close();
        boost::asio::post(s.get_executor(),
                          boost::beast::bind_front_handler(std::forward<Handler>(done), error_code{}));
    }

private:
    using handler = std::function<void(error_code, std::size_t)>;

    template <class Done>
    static handler copyable(Done done) {
        return [kept = std::make_shared<Done>(std::move(done))](error_code error, std::size_t size) {
            (*kept)(error, size);
        };
    }
    /// An operation on some may take less than it is given.
    template <class Buffer, class Buffers>
    static Buffer first_of(const Buffers& all) {
        for (auto one = boost::asio::buffer_sequence_begin(all); one != boost::asio::buffer_sequence_end(all); ++one)
            if (const Buffer first = *one; first.size() != 0) return first;
        return {};
    }
    void read_some(boost::asio::mutable_buffer, handler);
    void write_some(boost::asio::const_buffer, handler);

    std::variant<plain_stream, secure_stream> stream_;
};

} // namespace loadsim::observe
