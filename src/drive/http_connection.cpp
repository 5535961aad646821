#include "http_connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>

namespace loadsim::drive {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

std::string trouble_of(const error_code& failed) {
    if (failed == http::error::end_of_stream) return "connection closed by the API";
    return failed.message();
}

} // namespace

http_connection::http_connection(net::loop& owner, http_connection_events& events,
                                 const asio::ip::tcp::endpoint& server, nanoseconds timeout)
    : loop_(owner), events_(events), server_(server), timeout_(timeout), socket_(owner.io().get_executor()) {}

http_connection::~http_connection() = default;

void http_connection::exchange(request_key key, std::string_view request) {
    busy_ = true;
    key_ = key;
    request_ = request;
    deadline_ = loop_.now() + timeout_;
    // Deadlines only grow: a timer that is still armed for an earlier exchange fires before this one's and is put off then.
    if (!armed()) loop_.arm(*this, deadline_);
    if (open_)
        write();
    else
        connect();
}

void http_connection::connect() {
    error_code error;
    if (socket_.open(server_.protocol(), error); !error) socket_.non_blocking(true, error);
    if (!error) socket_.set_option(asio::ip::tcp::no_delay(true), error);
    if (error) return fail_later(error);
    socket_.async_connect(server_, [this, connection = connection_](const error_code& failed) {
        if (connection != connection_) return;
        if (failed) return fail(trouble_of(failed));
        open_ = true;
        events_.on_opened();
        wait();
        write();
    });
}

void http_connection::write() {
    reader_.begin();
    events_.on_sent(key_, loop_.now());
    error_code error;
    written_ = socket_.write_some(asio::buffer(request_), error);
    if (error && error != asio::error::would_block) return fail_later(error);
    if (written_ < request_.size()) write_rest();
}

void http_connection::write_rest() {
    asio::async_write(socket_, asio::buffer(request_) + written_,
                      [this, connection = connection_](const error_code& failed, std::size_t size) {
                          if (connection != connection_) return;
                          if (failed) return fail(trouble_of(failed));
                          written_ += size;
                      });
}

/// Always pending while the connection stands: an idle one that becomes readable has been closed by the server.
void http_connection::wait() {
    socket_.async_wait(net::tcp_socket::wait_read, [this, connection = connection_](const error_code& failed) {
        if (connection == connection_) readable(failed);
    });
}

void http_connection::readable(const error_code& failed) {
    if (!busy_) return drop(); // it must not get the next request
    error_code error = failed;
    std::size_t size = 0;
    if (!error) size = socket_.read_some(unread_.prepare(unread_.max_size() - unread_.size()), error);
    if (error == asio::error::would_block) return wait();
    if (error == asio::error::eof) {
        error = {};
        reader_.end(error);
    }
    if (error) return fail(trouble_of(error));
    unread_.commit(size);
    const auto bytes = unread_.cdata();
    unread_.consume(reader_.read({static_cast<const char*>(bytes.data()), bytes.size()}, error));
    if (error) return fail(trouble_of(error));
    if (reader_.done()) return answered();
    if (unread_.size() == unread_.max_size()) return fail(trouble_of(http::error::buffer_overflow));
    wait(); // one read an event: waiting again re-arms the edge, so what is left in the socket brings the next one
}

void http_connection::answered() {
    const bool keep = reader_.keep_alive() && unread_.size() == 0 && written_ == request_.size();
    // The connection is made ready before the owner is told, for it may use it at once.
    if (keep)
        wait();
    else
        drop();
    busy_ = false;
    events_.on_outcome(*this, key_, {.status = reader_.status(), .body = reader_.body(), .trouble = {}});
}

void http_connection::fail(std::string_view trouble) {
    drop();
    busy_ = false;
    events_.on_outcome(*this, key_, {.status = 0, .body = {}, .trouble = trouble});
}

/// Told later: whoever asked may ask again at once, and would call itself without end.
void http_connection::fail_later(const error_code& failed) {
    drop();
    asio::post(loop_.io(), [this, failed, connection = connection_] {
        if (connection == connection_) fail(trouble_of(failed));
    });
}

void http_connection::on_timer(monotonic_time now) {
    if (!busy_) return;
    if (now < deadline_) return loop_.arm(*this, deadline_);
    fail(open_ ? "no answer in time" : "no connection in time");
}

void http_connection::drop() {
    ++connection_;
    error_code ignored; // closing frees the descriptor whatever it says
    socket_.close(ignored);
    unread_.clear();
    if (open_) events_.on_closed();
    open_ = false;
}

void http_connection::close() {
    disarm();
    busy_ = false;
    drop();
}

} // namespace loadsim::drive
