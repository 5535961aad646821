#include <loadsim/http/server.hpp>

#include "server_session.hpp"

#include <loadsim/net/byte_tap.hpp>
#include <loadsim/net/tls.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <cstdint>
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

// A client that is still sending must be able to read the last response before the reset.
constexpr std::chrono::seconds linger_timeout{2};

class server_connection;

// State shared by the connections; outlives the server until their handlers have run.
struct shared_state {
    server_options options;
    http::handler handler;
    std::function<void()> on_handled;
    server_counts counts;
    std::unordered_set<std::shared_ptr<server_connection>> connections;
    std::optional<asio::ssl::context> tls; ///< nullopt: none
    bool closing = false;
};

class server_connection : public std::enable_shared_from_this<server_connection> {
public:
    server_connection(tcp::socket socket, std::shared_ptr<shared_state> s)
        : socket_(std::move(socket)), shared_(std::move(s)), session_(shared_->handler, shared_->options.limits) {
        set_deadline(shared_->options.idle_timeout);
        if (shared_->options.tap == nullptr) return;
        error_code ignored; // the peer may have closed the connection; the next read fails
        ends_ = {socket_.remote_endpoint(ignored), socket_.local_endpoint(ignored), net::byte_tap::protocol::http};
        shared_->options.tap->on_opened(ends_, steady_clock::now());
    }

    void start() {
        if (!shared_->tls) return read();
        set_deadline(shared_->options.request_timeout);
        tls_.emplace(socket_, *shared_->tls);
        tls_->async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](error_code error) {
            if (error) return self->shut_down(); // not our certificate's client, or no TLS
            self->set_deadline(self->shared_->options.idle_timeout);
            self->read();
        });
    }

    /// Closes after the write in progress, or the end of a streamed body; at once when there is none.
    void close_after_write() {
        if (stream_ && !lingering_)
            stream_->end();
        else if (!writing_)
            shut_down();
    }

    void close_if_overdue(steady_clock::time_point now) {
        if (now < deadline_) return;
        if (!lingering_) ++shared_->counts.timed_out;
        shut_down();
    }

private:
    void read() {
        auto done = [self = shared_from_this()](error_code error, std::size_t n) {
            if (error) return self->shut_down();
            if (self->lingering_ || self->stream_) return self->read(); // discards the data
            self->on_received({self->in_.data(), n});
        };
        tls_ ? tls_->async_read_some(asio::buffer(in_), std::move(done))
             : socket_.async_read_some(asio::buffer(in_), std::move(done));
    }

    void on_received(std::string_view bytes) {
        const bool was_mid_request = session_.mid_request();
        const auto responses = session_.responses();
        const auto malformed = session_.malformed();
        const auto oversized = session_.oversized();
        received_at_ = steady_clock::now();
        tap(true, bytes);
        session_.feed(bytes, out_);
        shared_->counts.responses += session_.responses() - responses;
        shared_->counts.malformed += session_.malformed() - malformed;
        shared_->counts.oversized += session_.oversized() - oversized;

        // The deadline of a request runs from its first byte and is not extended by later ones: otherwise a slow client could
        // hold the connection for ever.
        const bool began = session_.mid_request() && (!was_mid_request || session_.responses() != responses);
        if (began || !out_.empty()) set_deadline(shared_->options.request_timeout);
        out_.empty() ? read() : send();
        if (shared_->on_handled) shared_->on_handled();
    }

    /// Sends the next element of out_. Nothing is read meanwhile: back-pressure through the socket's buffers.
    void send() {
        if (sent_ == out_.size()) return on_all_sent();
        auto& next = out_[sent_];
        if (next.deferred) {
            const auto* response = next.deferred->find();
            if (response == nullptr) return wait(*next.deferred);
            serialize(*response, next.head, next.last, next.bytes);
        }
        if (next.delay > nanoseconds{0} && !delay_elapsed_) return wait(received_at_ + next.delay);
        delay_elapsed_ = false;
        ++sent_;
        if (next.stream) begin(next.stream, next.chunked);
        next.reset ? reset() : write(next.bytes);
    }

    void wait(deferred_response& response) {
        response.on_complete([waiting = weak_from_this()] {
            if (const auto self = waiting.lock(); self && self->socket_.is_open()) self->send();
        });
    }

    void wait(steady_clock::time_point due) {
        deadline_ = due + shared_->options.request_timeout;
        if (!delay_timer_) delay_timer_.emplace(socket_.get_executor());
        delay_timer_->expires_at(due);
        delay_timer_->async_wait([self = shared_from_this()](error_code error) {
            if (error || !self->socket_.is_open()) return;
            self->delay_elapsed_ = true;
            self->send();
        });
    }

    void write(std::string_view bytes) {
        tap(false, bytes);
        write_all(asio::buffer(bytes), [self = shared_from_this()] { self->send(); });
    }

    /// Writes the buffers, then calls `next`, unless the connection or the server is closed.
    template <class Buffers, class Next>
    void write_all(const Buffers& buffers, Next next) {
        writing_ = true;
        auto done = [self = shared_from_this(), next = std::move(next)](error_code error, std::size_t) {
            self->writing_ = false;
            if (error || (self->shared_->closing && !self->stream_)) return self->shut_down();
            next();
        };
        tls_ ? asio::async_write(*tls_, buffers, std::move(done))
             : asio::async_write(socket_, buffers, std::move(done));
    }

    void begin(const std::shared_ptr<streamed_body>& stream, bool chunked) {
        stream_ = stream;
        chunked_ = chunked;
        deadline_ = steady_clock::time_point::max(); // a client that takes nothing is too slow in the end
        stream_->on_change([waiting = weak_from_this()] {
            if (const auto self = waiting.lock(); self && self->socket_.is_open()) self->on_stream_changed();
        });
        read(); // a client that goes away is seen at once
    }

    void on_stream_changed() {
        if (stream_->current() == streamed_body::state::too_slow) {
            ++shared_->counts.too_slow;
            return abort();
        }
        if (stream_->current() == streamed_body::state::ended) set_deadline(shared_->options.request_timeout);
        if (!writing_) send_stream();
    }

    /// Sends what waits in the stream; the stream's next change calls it again.
    void send_stream() {
        if (const auto text = stream_->take()) {
            tap(false, **text);
            chunk_size_ = chunked_ ? fmt::format("{:x}\r\n", (*text)->size()) : std::string{};
            const std::string_view end = chunked_ ? "\r\n" : "";
            const std::array<asio::const_buffer, 3> parts{asio::buffer(chunk_size_), asio::buffer(**text),
                                                          asio::buffer(end)};
            return write_all(parts, [self = shared_from_this(), text] { self->send_stream(); });
        }
        if (stream_->current() != streamed_body::state::ended || std::exchange(stream_sent_, true)) return;
        static constexpr std::string_view last = "0\r\n\r\n";
        write_all(asio::buffer(chunked_ ? last : std::string_view{}),
                  [self = shared_from_this()] { self->shared_->closing ? self->shut_down() : self->linger(); });
    }

    void on_all_sent() {
        if (stream_) return on_stream_changed();
        out_.clear();
        sent_ = 0;
        if (session_.finished()) return linger();
        if (!session_.mid_request()) set_deadline(shared_->options.idle_timeout);
        read();
    }

    void reset() {
        ++shared_->counts.reset;
        abort();
    }

    void abort() {
        error_code ignored;
        socket_.set_option(tcp::socket::linger(true, 0), ignored);
        close_and_remove();
    }

    void linger() {
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        lingering_ = true;
        set_deadline(linger_timeout);
        if (!stream_) read(); // a stream's read is in progress
    }

    void shut_down() {
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_both, ignored);
        close_and_remove();
    }

    void tap(bool by_client, std::string_view bytes) {
        if (shared_->options.tap != nullptr)
            shared_->options.tap->on_text(ends_, by_client, bytes, steady_clock::now());
    }

    void close_and_remove() {
        if (shared_->options.tap != nullptr && socket_.is_open())
            shared_->options.tap->on_closed(ends_, steady_clock::now());
        error_code ignored;
        socket_.close(ignored);
        if (delay_timer_) delay_timer_->cancel();
        if (stream_) stream_->close();
        if (shared_->connections.erase(shared_from_this()) != 0) --shared_->counts.open;
    }

    void set_deadline(std::chrono::seconds time) { deadline_ = steady_clock::now() + time; }

    tcp::socket socket_;
    std::optional<asio::ssl::stream<tcp::socket&>> tls_; ///< over socket_
    std::shared_ptr<shared_state> shared_;
    server_session session_;
    net::byte_tap::connection ends_; ///< with a tap: the client's and ours
    steady_clock::time_point deadline_;
    std::array<char, 4096> in_;
    std::vector<pending_write> out_; ///< output for the last data read
    std::size_t sent_ = 0;           ///< elements of out_ passed to the socket
    steady_clock::time_point received_at_;
    std::optional<asio::steady_timer> delay_timer_; ///< set when a response was delayed
    bool delay_elapsed_ = false;                    ///< the delay of the next element of out_ has elapsed
    std::shared_ptr<streamed_body> stream_;         ///< set from its response's header on
    std::string chunk_size_;                        ///< line before the chunk that is being written
    bool chunked_ = false;                          ///< of the stream
    bool stream_sent_ = false;                      ///< its end is being written
    bool writing_ = false;
    bool lingering_ = false;
};

} // namespace

class server::acceptor : public std::enable_shared_from_this<acceptor> {
public:
    acceptor(asio::io_context& context, shared_state s)
        : shared_(std::make_shared<shared_state>(std::move(s))), acceptor_(context), deadline_timer_(context),
          accept_retry_timer_(context) {}

    result<std::uint16_t> open(const net::endpoint& at) {
        if (const auto& o = shared_->options; !o.certificate.empty()) {
            shared_->tls.emplace(asio::ssl::context::tls_server);
            const auto configured =
                net::configure_tls(shared_->tls->native_handle(),
                                   {.certificate = o.certificate, .key = o.key, .verify = net::tls_verification::none});
            if (!configured) return configured.error();
        }
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
        check_deadlines();
        return acceptor_.local_endpoint().port();
    }

    void close() {
        shared_->closing = true;
        error_code ignored;
        acceptor_.close(ignored);
        deadline_timer_.cancel();
        accept_retry_timer_.cancel();
        for (const auto& c : std::vector(shared_->connections.begin(), shared_->connections.end()))
            c->close_after_write();
    }

    /// Breaks the reference cycle between connections and shared state.
    void clear_connections() { shared_->connections.clear(); }

    const server_counts& counts() const { return shared_->counts; }

private:
    void accept() {
        acceptor_.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
            if (self->shared_->closing) return;
            if (error) return self->accept_later(); // probably no open files left
            self->accept();                         // first: an exception below must not end it
            self->add_connection(std::move(socket));
        });
    }

    void accept_later() {
        accept_retry_timer_.expires_after(std::chrono::milliseconds{100});
        accept_retry_timer_.async_wait([self = shared_from_this()](error_code error) {
            if (!error && !self->shared_->closing) self->accept();
        });
    }

    void add_connection(tcp::socket socket) {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        if (shared_->connections.size() >= shared_->options.max_connections) {
            ++shared_->counts.rejected;
            static constexpr std::string_view full =
                "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            socket.non_blocking(true, ignored);
            socket.write_some(asio::buffer(full), ignored);
            return;
        }
        ++shared_->counts.accepted;
        ++shared_->counts.open;
        const auto added = std::make_shared<server_connection>(std::move(socket), shared_);
        shared_->connections.insert(added);
        added->start();
    }

    // One timer for all connections: a resolution of one second is enough for their deadlines.
    void check_deadlines() {
        deadline_timer_.expires_after(std::chrono::seconds{1});
        deadline_timer_.async_wait([self = shared_from_this()](error_code error) {
            if (error || self->shared_->closing) return;
            const auto now = steady_clock::now();
            for (const auto& c : std::vector(self->shared_->connections.begin(), self->shared_->connections.end()))
                c->close_if_overdue(now);
            self->check_deadlines();
        });
    }

    std::shared_ptr<shared_state> shared_;
    tcp::acceptor acceptor_;
    asio::steady_timer deadline_timer_;
    asio::steady_timer accept_retry_timer_;
};

server::server(asio::io_context& context, server_options options, handler on_request, std::function<void()> on_handled)
    : acceptor_(std::make_shared<acceptor>(context, shared_state{.options = options,
                                                                 .handler = std::move(on_request),
                                                                 .on_handled = std::move(on_handled),
                                                                 .counts = {},
                                                                 .connections = {},
                                                                 .tls = {},
                                                                 .closing = false})) {}
server::~server() { acceptor_->clear_connections(); }

result<std::uint16_t> server::open(const net::endpoint& at) { return acceptor_->open(at); }
void server::close() { acceptor_->close(); }
const server_counts& server::counts() const { return acceptor_->counts(); }

} // namespace loadsim::http
