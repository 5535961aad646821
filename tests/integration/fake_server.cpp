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
    connection(tcp::socket socket, std::size_t number, const connection_handler& handler)
        : socket_(std::move(socket)), timer_(socket_.get_executor()), number_(number), handler_(handler) {}

    void react() {
        auto result = handler_(number_, unread_);
        error_code write_error; // the peer may have closed: then there is nothing more to read either
        asio::write(socket_, asio::buffer(result.bytes), write_error);
        if (write_error || result.close) return close();
        if (result.close_after.count() >= 0) {
            timer_.expires_after(result.close_after);
            timer_.async_wait([self = shared_from_this()](error_code cancelled) {
                if (!cancelled) self->close();
            });
        }
        if (!result.stop_reading) read();
    }

private:
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
    const connection_handler& handler_;
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
        open_connections_.push_back(std::make_shared<connection>(std::move(socket), connections_++, handler_));
        open_connections_.back()->react();
        accept();
    });
}

} // namespace harness
