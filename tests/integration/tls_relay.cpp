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

namespace stage {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using tls_stream = asio::ssl::stream<tcp::socket>;

/// Passes on between two streams until one of them ends.
template <class Front>
class relay : public std::enable_shared_from_this<relay<Front>> {
public:
    relay(Front front, tcp::socket back) : front_(std::move(front)), back_(std::move(back)) {}

    void run() {
        pass(front_, back_, down_);
        pass(back_, front_, up_);
    }

    Front front_;
    tcp::socket back_;

private:
    using buffer = std::array<char, 16'384>;

    template <class From, class To>
    void pass(From& from, To& to, buffer& through) {
        from.async_read_some(asio::buffer(through), [self = this->shared_from_this(), &from, &to,
                                                     &through](error_code error, std::size_t size) {
            if (error) return self->end();
            asio::async_write(to, asio::buffer(through, size),
                              [self, &from, &to, &through](error_code failed, std::size_t) {
                                  failed ? self->end() : self->pass(from, to, through);
                              });
        });
    }

    void end() {
        error_code ignored;
        front_.lowest_layer().close(ignored);
        back_.close(ignored);
    }

    buffer down_, up_;
};

/// Accepts on a thread of its own.
class acceptor {
public:
    using welcome = std::function<void(tcp::socket)>;

    acceptor() : acceptor_(io_, {asio::ip::address_v4::loopback(), 0}) {}
    ~acceptor() {
        io_.stop();
        if (thread_.joinable()) thread_.join();
    }

    void start(welcome w) {
        welcome_ = std::move(w);
        accept();
        thread_ = std::thread([this] { io_.run(); });
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    asio::io_context& io() { return io_; }

private:
    void accept() {
        acceptor_.async_accept([this](error_code error, tcp::socket socket) {
            if (error) return;
            welcome_(std::move(socket));
            accept();
        });
    }

    asio::io_context io_;
    tcp::acceptor acceptor_;
    welcome welcome_;
    std::thread thread_;
};

} // namespace

class tls_front::running {
public:
    running(const wanted& w, std::uint16_t behind) : context_(asio::ssl::context::tls_server) {
        context_.use_certificate_chain_file(w.own.certificate);
        context_.use_private_key_file(w.own.key, asio::ssl::context::pem);
        if (!w.client_ca.empty()) {
            context_.load_verify_file(w.client_ca);
            context_.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
        }
        accepts.start([this, behind](tcp::socket socket) {
            tcp::socket back(accepts.io());
            error_code gone;
            back.connect({asio::ip::address_v4::loopback(), behind}, gone);
            if (gone) return;
            auto both = std::make_shared<relay<tls_stream>>(tls_stream(std::move(socket), context_), std::move(back));
            both->front_.async_handshake(asio::ssl::stream_base::server, [both](error_code error) {
                if (!error) both->run();
            });
        });
    }

private:
    asio::ssl::context context_; // before the acceptor: its connections use it

public:
    acceptor accepts;
};

tls_front::tls_front(const wanted& w, std::uint16_t behind) : running_(std::make_unique<running>(w, behind)) {}
tls_front::~tls_front() = default;
std::uint16_t tls_front::port() const { return running_->accepts.port(); }

class connect_proxy::running {
public:
    explicit running(bool refuses) {
        accepts.start([this, refuses](tcp::socket socket) {
            auto both = std::make_shared<relay<tcp::socket>>(std::move(socket), tcp::socket(accepts.io()));
            auto head = std::make_shared<std::string>();
            asio::async_read_until(both->front_, asio::dynamic_buffer(*head), "\r\n\r\n",
                                   [this, refuses, both, head](error_code error, std::size_t) {
                                       if (!error) serve(both, *head, refuses);
                                   });
        });
    }

    std::mutex guard;
    std::string asked;

private:
    void serve(const std::shared_ptr<relay<tcp::socket>>& both, const std::string& head, bool refuses) {
        const auto line = head.substr(0, head.find("\r\n"));
        {
            const std::lock_guard lock(guard);
            asked = line;
        }
        error_code failed;
        std::string_view answer = "HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n";
        if (line.starts_with("CONNECT ")) {
            const auto to = line.substr(8, line.find(' ', 8) - 8);
            const auto colon = to.rfind(':');
            tcp::resolver resolver(accepts.io());
            if (!refuses)
                asio::connect(both->back_, resolver.resolve(to.substr(0, colon), to.substr(colon + 1), failed), failed);
            answer = refuses || failed ? "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
                                       : "HTTP/1.1 200 Connection established\r\n\r\n";
        }
        asio::write(both->front_, asio::buffer(answer), failed);
        if (both->back_.is_open()) both->run();
    }

public:
    acceptor accepts;
};

connect_proxy::connect_proxy(bool refuses) : running_(std::make_unique<running>(refuses)) {}
connect_proxy::~connect_proxy() = default;
std::uint16_t connect_proxy::port() const { return running_->accepts.port(); }
std::string connect_proxy::asked() const {
    const std::lock_guard lock(running_->guard);
    return running_->asked;
}

} // namespace stage
