#include "http_connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

#include <utility>

namespace loadsim::drive {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

http_connection::http_connection(net::loop& owner, const asio::ip::tcp::endpoint& server, nanoseconds timeout)
    : loop_(owner), server_(server), timeout_(timeout), socket_(owner.io().get_executor()) {}

http_connection::~http_connection() = default;

void http_connection::exchange(std::string request, on_sent sent, on_answer answered) {
    busy_ = true;
    request_ = std::move(request);
    sent_ = std::move(sent);
    answered_ = std::move(answered);
    loop_.arm(*this, loop_.now() + timeout_);
    if (open_)
        write();
    else
        connect();
}

void http_connection::connect() {
    error_code error;
    socket_.open(server_.protocol(), error);
    if (!error) socket_.set_option(asio::ip::tcp::no_delay(true), error);
    if (error) {
        // Told later: whoever asked may ask again at once, and would call itself without end.
        asio::post(loop_.io(), [this, error, connection = connection_] {
            if (connection == connection_) finish(0, {}, trouble_of(error));
        });
        return;
    }
    socket_.async_connect(server_, [this, connection = connection_](const error_code& failed) {
        if (connection != connection_) return;
        if (failed || timed_out_) return finish(0, {}, trouble_of(failed));
        open_ = true;
        write();
    });
}

void http_connection::write() {
    sent_(loop_.now());
    asio::async_write(socket_, asio::buffer(request_),
                      [this, connection = connection_](const error_code& failed, std::size_t) {
                          if (connection != connection_) return;
                          if (failed || timed_out_) return finish(0, {}, trouble_of(failed));
                          read();
                      });
}

void http_connection::read() {
    parser_.emplace();
    parser_->body_limit(body_limit);
    http::async_read(socket_, buffer_, *parser_,
                     [this, connection = connection_](const error_code& failed, std::size_t) {
                         if (connection != connection_) return;
                         if (failed || timed_out_) return finish(0, {}, trouble_of(failed));
                         finish(parser_->get().result_int(), parser_->get().body(), {});
                     });
}

/// An idle connection that becomes readable has been closed by the server: it must not get the next request.
void http_connection::watch() {
    socket_.async_wait(net::tcp_socket::wait_read, [this, connection = connection_](const error_code&) {
        if (connection == connection_ && !busy_) drop();
    });
}

void http_connection::finish(unsigned status, std::string_view body, std::string_view trouble) {
    disarm();
    const bool keep = status != 0 && parser_->keep_alive() && buffer_.size() == 0;
    const auto told = std::exchange(answered_, nullptr);
    busy_ = false;
    timed_out_ = false;
    // The connection is made ready before the owner is told, for it may use it at once; what the views point to stays
    // until the next answer is read.
    if (keep)
        watch();
    else
        drop();
    told({status, body, trouble});
}

/// Closing ends what is under way, and its handler then finishes: a request is never taken up while an old one still
/// holds the socket and its buffers.
void http_connection::on_timer(monotonic_time) {
    timed_out_ = true;
    error_code ignored;
    socket_.close(ignored);
}

std::string http_connection::trouble_of(const error_code& failed) const {
    if (timed_out_) return open_ ? "no answer in time" : "no connection in time";
    if (failed == http::error::end_of_stream) return "connection closed by the API";
    return failed.message();
}

void http_connection::drop() {
    ++connection_;
    error_code ignored; // closing frees the descriptor whatever it says
    socket_.close(ignored);
    buffer_.clear();
    open_ = false;
}

void http_connection::close() {
    disarm();
    answered_ = nullptr;
    busy_ = false;
    drop();
}

} // namespace loadsim::drive
