#include "fake_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <memory>
#include <utility>

namespace harness {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class fake_server::connection : public std::enable_shared_from_this<connection> {
public:
    connection(tcp::socket socket, std::size_t number, fake_server& server)
        : socket_(std::move(socket)), timer_(socket_.get_executor()), number_(number), server_(server) {}

    void react() {
        auto result = server_.handler_(number_, unread_);
        stream_ = stream_ || result.stream;
        if (result.between_bytes.count() > 0) return send_slowly(std::move(result), 0);
        if (!send(result.bytes) || result.close) return close();
        if (!result.broadcast.empty()) server_.broadcast(result.broadcast);
        if (result.close_after.count() >= 0) {
            timer_.expires_after(result.close_after);
            timer_.async_wait([self = shared_from_this()](error_code cancelled) {
                if (!cancelled) self->close();
            });
        }
        if (!result.stop_reading) read();
    }

    /// False: the peer has closed; then there is nothing more to read either.
    bool send(std::string_view bytes) {
        error_code error;
        asio::write(socket_, asio::buffer(bytes), error);
        return !error;
    }
    bool is_stream() const { return stream_; }

private:
    void send_slowly(reaction what, std::size_t sent) {
        if (sent == what.bytes.size()) return what.close ? close() : void();
        if (!send(std::string_view(what.bytes).substr(sent, 1))) return close();
        timer_.expires_after(what.between_bytes);
        timer_.async_wait([self = shared_from_this(), what = std::move(what), sent](error_code cancelled) mutable {
            if (!cancelled) self->send_slowly(std::move(what), sent + 1);
        });
    }
    void close() {
        error_code ignored; // closing frees the descriptor even on an error
        socket_.close(ignored);
    }
    void read() {
        socket_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](error_code error, std::size_t size) {
            if (error) return;
            self->timer_.cancel();
            self->unread_.append(self->buffer_.data(), size);
            self->react();
        });
    }

    tcp::socket socket_;
    asio::steady_timer timer_;
    std::size_t number_;
    fake_server& server_;
    bool stream_ = false;
    std::array<char, 65536> buffer_;
    std::string unread_;
};

fake_server::fake_server(connection_handler handler)
    : handler_(std::move(handler)), acceptor_(io_, {asio::ip::address_v4::loopback(), 0}),
      address_(acceptor_.local_endpoint()) {
    accept();
    thread_ = std::thread([this] { io_.run(); });
}

fake_server::~fake_server() {
    io_.stop();
    thread_.join();
}

void fake_server::accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
        if (error) return;
        open_connections_.push_back(std::make_shared<connection>(std::move(socket), connections_++, *this));
        open_connections_.back()->react();
        accept();
    });
}

void fake_server::broadcast(const std::string& bytes) {
    for (const auto& one : open_connections_)
        if (one->is_stream()) (void)one->send(bytes);
}

} // namespace harness
