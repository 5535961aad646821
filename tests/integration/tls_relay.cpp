#include "tls_relay.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace harness {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using tls_stream = asio::ssl::stream<tcp::socket>;

/// Relays between two streams until one of them closes.
template <class Front>
class relay : public std::enable_shared_from_this<relay<Front>> {
public:
    relay(Front front, tcp::socket back) : client_(std::move(front)), server_(std::move(back)) {}

    void run() {
        pass(client_, server_, to_server_);
        pass(server_, client_, to_client_);
    }

    Front client_;
    tcp::socket server_;

private:
    using buffer = std::array<char, 16'384>;

    template <class From, class To>
    void pass(From& from, To& to, buffer& data) {
        from.async_read_some(asio::buffer(data), [self = this->shared_from_this(), &from, &to,
                                                  &data](error_code error, std::size_t size) {
            if (error) return self->end();
            asio::async_write(to, asio::buffer(data, size), [self, &from, &to, &data](error_code failed, std::size_t) {
                failed ? self->end() : self->pass(from, to, data);
            });
        });
    }

    void end() {
        error_code ignored;
        client_.lowest_layer().close(ignored);
        server_.close(ignored);
    }

    buffer to_server_, to_client_;
};

/// Accepts connections on its own thread.
class connection_acceptor {
public:
    using accept_handler = std::function<void(tcp::socket)>;

    connection_acceptor() : acceptor_(io_, {asio::ip::address_v4::loopback(), 0}) {}
    ~connection_acceptor() {
        io_.stop();
        if (thread_.joinable()) thread_.join();
    }

    void start(accept_handler w) {
        handler_ = std::move(w);
        accept();
        thread_ = std::thread([this] { io_.run(); });
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    asio::io_context& io() { return io_; }

private:
    void accept() {
        acceptor_.async_accept([this](error_code error, tcp::socket socket) {
            if (error) return;
            handler_(std::move(socket));
            accept();
        });
    }

    asio::io_context io_;
    tcp::acceptor acceptor_;
    accept_handler handler_;
    std::thread thread_;
};

} // namespace

class tls_terminator::impl {
public:
    impl(const options& w, std::uint16_t backend_port) : context_(asio::ssl::context::tls_server) {
        context_.use_certificate_chain_file(w.server_certificate.certificate);
        context_.use_private_key_file(w.server_certificate.key, asio::ssl::context::pem);
        if (!w.client_ca.empty()) {
            context_.load_verify_file(w.client_ca);
            context_.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
        }
        acceptor.start([this, backend_port](tcp::socket socket) {
            tcp::socket back(acceptor.io());
            error_code connect_error;
            back.connect({asio::ip::address_v4::loopback(), backend_port}, connect_error);
            if (connect_error) return;
            auto tunnel = std::make_shared<relay<tls_stream>>(tls_stream(std::move(socket), context_), std::move(back));
            tunnel->client_.async_handshake(asio::ssl::stream_base::server, [tunnel](error_code error) {
                if (!error) tunnel->run();
            });
        });
    }

private:
    asio::ssl::context context_; // before the acceptor: its connections use it

public:
    connection_acceptor acceptor;
};

tls_terminator::tls_terminator(const options& w, std::uint16_t backend_port)
    : impl_(std::make_unique<impl>(w, backend_port)) {}
tls_terminator::~tls_terminator() = default;
std::uint16_t tls_terminator::port() const { return impl_->acceptor.port(); }

class connect_proxy::impl {
public:
    explicit impl(bool reject) {
        acceptor.start([this, reject](tcp::socket socket) {
            auto tunnel = std::make_shared<relay<tcp::socket>>(std::move(socket), tcp::socket(acceptor.io()));
            auto head = std::make_shared<std::string>();
            asio::async_read_until(tunnel->client_, asio::dynamic_buffer(*head), "\r\n\r\n",
                                   [this, reject, tunnel, head](error_code error, std::size_t) {
                                       if (!error) serve(tunnel, *head, reject);
                                   });
        });
    }

    std::mutex mutex;
    std::string last_request_line;

private:
    void serve(const std::shared_ptr<relay<tcp::socket>>& tunnel, const std::string& head, bool reject) {
        const auto request_line = head.substr(0, head.find("\r\n"));
        {
            const std::lock_guard lock(mutex);
            last_request_line = request_line;
        }
        error_code failed;
        std::string_view response = "HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n";
        if (request_line.starts_with("CONNECT ")) {
            const auto to = request_line.substr(8, request_line.find(' ', 8) - 8);
            const auto colon = to.rfind(':');
            tcp::resolver resolver(acceptor.io());
            if (!reject)
                asio::connect(tunnel->server_, resolver.resolve(to.substr(0, colon), to.substr(colon + 1), failed),
                              failed);
            response = reject || failed ? "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
                                        : "HTTP/1.1 200 Connection established\r\n\r\n";
        }
        asio::write(tunnel->client_, asio::buffer(response), failed);
        if (tunnel->server_.is_open()) tunnel->run();
    }

public:
    connection_acceptor acceptor;
};

connect_proxy::connect_proxy(bool reject) : impl_(std::make_unique<impl>(reject)) {}
connect_proxy::~connect_proxy() = default;
std::uint16_t connect_proxy::port() const { return impl_->acceptor.port(); }
std::string connect_proxy::last_request_line() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->last_request_line;
}

} // namespace harness
