#include "fake_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <memory>
#include <utility>

namespace stage {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class fake_server::connection : public std::enable_shared_from_this<connection> {
public:
    connection(tcp::socket socket, std::size_t number, const manners& how)
        : socket_(std::move(socket)), timer_(socket_.get_executor()), number_(number), manners_(how) {}

    void react() {
        auto wanted = manners_(number_, unread_);
        error_code gone; // the other side may have left: then there is nothing more to read either
        asio::write(socket_, asio::buffer(wanted.bytes), gone);
        if (gone || wanted.close) return close();
        if (wanted.close_after.count() >= 0) {
            timer_.expires_after(wanted.close_after);
            timer_.async_wait([self = shared_from_this()](error_code cancelled) {
                if (!cancelled) self->close();
            });
        }
        if (!wanted.deaf) read();
    }

private:
    void close() {
        error_code ignored; // closing frees the descriptor whatever it says
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
    const manners& manners_;
    std::array<char, 65536> buffer_;
    std::string unread_;
};

fake_server::fake_server(manners how)
    : manners_(std::move(how)), acceptor_(io_, {asio::ip::address_v4::loopback(), 0}),
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
        open_.push_back(std::make_shared<connection>(std::move(socket), connections_++, manners_));
        open_.back()->react();
        accept();
    });
}

} // namespace stage
