#include <loadsim/http/server.hpp>

#include "conversation.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace loadsim::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

// A client that is still sending must be able to read our last answer before the reset.
constexpr std::chrono::seconds linger_for{2};

class connection;

// What the connections share, and what outlives the server while their handlers wind up.
struct shared {
    server_options options;
    http::handler handler;
    std::function<void()> worked;
    server_figures figures;
    std::unordered_set<std::shared_ptr<connection>> open;
    bool closing = false;
};

class connection : public std::enable_shared_from_this<connection> {
public:
    connection(tcp::socket socket, std::shared_ptr<shared> s)
        : socket_(std::move(socket)), shared_(std::move(s)), talk_(shared_->handler, shared_->options.limits) {
        give(shared_->options.idle_for);
    }

    void read() {
        socket_.async_read_some(asio::buffer(in_), [self = shared_from_this()](error_code error, std::size_t n) {
            if (error) return self->end();
            if (self->lingering_) return self->read(); // thrown away
            self->take({self->in_.data(), n});
        });
    }

    /// Ends after what is being written; at once when nothing is.
    void finish() {
        if (!writing_) end();
    }

    void end_if_overdue(steady_clock::time_point now) {
        if (now < deadline_) return;
        if (!lingering_) ++shared_->figures.timed_out;
        end();
    }

private:
    void take(std::string_view bytes) {
        const bool was_mid_request = talk_.mid_request();
        const auto answered = talk_.answered();
        const auto malformed = talk_.malformed();
        const auto oversized = talk_.oversized();
        fed_at_ = steady_clock::now();
        talk_.feed(bytes, out_);
        shared_->figures.answered += talk_.answered() - answered;
        shared_->figures.malformed += talk_.malformed() - malformed;
        shared_->figures.oversized += talk_.oversized() - oversized;

        // The deadline of a request runs from its first byte and no later one moves it: or a byte now and then would
        // hold the connection for ever.
        const bool began = talk_.mid_request() && (!was_mid_request || talk_.answered() != answered);
        if (began || !out_.empty()) give(shared_->options.request_within);
        out_.empty() ? read() : send();
        if (shared_->worked) shared_->worked();
    }

    /// One of out_ after the other. Meanwhile nothing is read: who asks on gets no further than the socket's buffers.
    void send() {
        if (sent_ == out_.size()) return sent();
        const auto& next = out_[sent_];
        if (next.after > nanoseconds{0} && !waited_) return wait(fed_at_ + next.after);
        waited_ = false;
        ++sent_;
        next.reset ? reset() : write(next.bytes);
    }

    void wait(steady_clock::time_point due) {
        deadline_ = due + shared_->options.request_within;
        if (!delay_) delay_.emplace(socket_.get_executor());
        delay_->expires_at(due);
        delay_->async_wait([self = shared_from_this()](error_code error) {
            if (error || !self->socket_.is_open()) return;
            self->waited_ = true;
            self->send();
        });
    }

    void write(std::string_view bytes) {
        writing_ = true;
        asio::async_write(socket_, asio::buffer(bytes), [self = shared_from_this()](error_code error, std::size_t) {
            self->writing_ = false;
            if (error || self->shared_->closing) return self->end();
            self->send();
        });
    }

    void sent() {
        out_.clear();
        sent_ = 0;
        if (talk_.over()) return linger();
        if (!talk_.mid_request()) give(shared_->options.idle_for);
        read();
    }

    void reset() {
        ++shared_->figures.reset;
        error_code ignored;
        socket_.set_option(tcp::socket::linger(true, 0), ignored);
        forget();
    }

    void linger() {
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        lingering_ = true;
        give(linger_for);
        read();
    }

    void end() {
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_both, ignored);
        forget();
    }

    void forget() {
        error_code ignored;
        socket_.close(ignored);
        if (delay_) delay_->cancel();
        if (shared_->open.erase(shared_from_this()) != 0) --shared_->figures.open;
    }

    void give(std::chrono::seconds time) { deadline_ = steady_clock::now() + time; }

    tcp::socket socket_;
    std::shared_ptr<shared> shared_;
    conversation talk_;
    steady_clock::time_point deadline_;
    std::array<char, 4096> in_;
    std::vector<outgoing> out_; ///< of what was read last
    std::size_t sent_ = 0;      ///< of out_, handed to the socket
    steady_clock::time_point fed_at_;
    std::optional<asio::steady_timer> delay_; ///< only where an answer had to wait
    bool waited_ = false;                     ///< for the next of out_
    bool writing_ = false;
    bool lingering_ = false;
};

} // namespace

class server::acceptor : public std::enable_shared_from_this<acceptor> {
public:
    acceptor(asio::io_context& context, shared s)
        : shared_(std::make_shared<shared>(std::move(s))), acceptor_(context), sweep_(context), pause_(context) {}

    result<std::uint16_t> open(const net::endpoint& at) {
        const std::string host = at.host.empty() ? "127.0.0.1" : at.host;
        const auto place = fmt::format("{}:{}", host, at.port);
        error_code error;
        tcp::resolver resolver(acceptor_.get_executor());
        const auto found = resolver.resolve(host, std::to_string(at.port), tcp::resolver::passive, error);
        if (error) return problems{place, "cannot find this address to listen on; give one of this machine's"};
        const auto address = found.begin()->endpoint();
        acceptor_.open(address.protocol(), error);
        if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor_.bind(address, error);
        if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
        if (error == asio::error::address_in_use)
            return problems{place, "the port is taken by another program; choose another one, or 0 for any free one"};
        if (error)
            return problems{place,
                            fmt::format("cannot listen here ({}); choose another address or port", error.message())};
        accept();
        sweep();
        return acceptor_.local_endpoint().port();
    }

    void close() {
        shared_->closing = true;
        error_code ignored;
        acceptor_.close(ignored);
        sweep_.cancel();
        pause_.cancel();
        for (const auto& c : std::vector(shared_->open.begin(), shared_->open.end())) c->finish();
    }

    /// Connections know what they share, and that knows them: here the ring is broken.
    void abandon() { shared_->open.clear(); }

    const server_figures& counted() const { return shared_->figures; }

private:
    void accept() {
        acceptor_.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
            if (self->shared_->closing) return;
            if (error) return self->accept_later(); // most likely no open files left
            self->welcome(std::move(socket));
            self->accept();
        });
    }

    void accept_later() {
        pause_.expires_after(std::chrono::milliseconds{100});
        pause_.async_wait([self = shared_from_this()](error_code error) {
            if (!error && !self->shared_->closing) self->accept();
        });
    }

    void welcome(tcp::socket socket) {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        if (shared_->open.size() >= shared_->options.connections) {
            ++shared_->figures.turned_away;
            static constexpr std::string_view full =
                "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            socket.non_blocking(true, ignored);
            socket.write_some(asio::buffer(full), ignored);
            return;
        }
        ++shared_->figures.accepted;
        ++shared_->figures.open;
        const auto fresh = std::make_shared<connection>(std::move(socket), shared_);
        shared_->open.insert(fresh);
        fresh->read();
    }

    // One timer for all connections: their deadlines are seconds, and a second's delay harms none.
    void sweep() {
        sweep_.expires_after(std::chrono::seconds{1});
        sweep_.async_wait([self = shared_from_this()](error_code error) {
            if (error || self->shared_->closing) return;
            const auto now = steady_clock::now();
            for (const auto& c : std::vector(self->shared_->open.begin(), self->shared_->open.end()))
                c->end_if_overdue(now);
            self->sweep();
        });
    }

    std::shared_ptr<shared> shared_;
    tcp::acceptor acceptor_;
    asio::steady_timer sweep_;
    asio::steady_timer pause_;
};

server::server(asio::io_context& context, server_options options, handler answers, std::function<void()> worked)
    : acceptor_(std::make_shared<acceptor>(context, shared{.options = options,
                                                           .handler = std::move(answers),
                                                           .worked = std::move(worked),
                                                           .figures = {},
                                                           .open = {},
                                                           .closing = false})) {}
server::~server() { acceptor_->abandon(); }

result<std::uint16_t> server::open(const net::endpoint& at) { return acceptor_->open(at); }
void server::close() { acceptor_->close(); }
const server_figures& server::counted() const { return acceptor_->counted(); }

} // namespace loadsim::http
