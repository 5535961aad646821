#include "any_stream.hpp"

#include <loadsim/net/byte_tap.hpp>
#include <loadsim/net/connect_check.hpp>
#include <loadsim/net/tls.hpp>

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim::observer {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

/// Connection in a capture; shared with the handlers of its operations, of which the last may run after the stream's end.
class capture {
public:
    capture(net::byte_tap& tap, const net::byte_tap::connection& ends) : tap_(tap), ends_(ends) {
        tap_.on_opened(ends_, now());
    }
    ~capture() { tap_.on_closed(ends_, now()); }
    capture(const capture&) = delete;
    void report(bool sent, std::string_view bytes) { tap_.on_text(ends_, sent, bytes, now()); }

private:
    static monotonic_time now() { return steady_time{}.now(); }
    net::byte_tap& tap_;
    const net::byte_tap::connection ends_;
};

/// A silent stream whose path is dead ends within about ten seconds; by default the kernel waits for two hours.
/// Failure is ignored: the loss is noticed later.
void enable_tcp_keep_alive(int socket) {
    constexpr int idle_s = 5;
    constexpr int interval_s = 2;
    constexpr int probes = 3;
    constexpr unsigned unacknowledged_ms = 10'000; // of data, which keep-alive probes do not follow
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
}

} // namespace

struct any_stream::impl {
    explicit impl(asio::io_context& io) : tcp(io) {}
    std::shared_ptr<capture> captured{}; ///< null: none
    beast::tcp_stream tcp;
    std::optional<asio::ssl::stream<beast::tcp_stream&>> tls{}; // over tcp
};

any_stream::any_stream(asio::io_context& io) : impl_(std::make_unique<impl>(io)) {}
any_stream::any_stream(any_stream&&) noexcept = default;
any_stream& any_stream::operator=(any_stream&&) noexcept = default;
any_stream::~any_stream() = default;

any_stream::executor_type any_stream::get_executor() { return impl_->tcp.get_executor(); }
void any_stream::expires_after(std::chrono::nanoseconds time) { impl_->tcp.expires_after(time); }
void any_stream::expires_never() { impl_->tcp.expires_never(); }
void any_stream::close() { impl_->tcp.close(); }

void any_stream::async_connect(const asio::ip::tcp::endpoint& address, std::function<void(error_code)> done) {
    impl_->tcp.async_connect(address, [this, kept = std::move(done)](error_code error) {
        if (!error && net::is_self_connected(impl_->tcp.socket().native_handle()))
            error = asio::error::connection_refused;
        if (!error) {
            error_code ignored;
            impl_->tcp.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
            enable_tcp_keep_alive(impl_->tcp.socket().native_handle());
        }
        kept(error);
    });
}

void any_stream::async_handshake(asio::ssl::context& context, const net::tls_options& options, const std::string& host,
                                 std::function<void(error_code)> done) {
    auto& tls = impl_->tls.emplace(impl_->tcp, context);
    net::set_tls_host(tls.native_handle(), host, options);
    tls.async_handshake(asio::ssl::stream_base::client, std::move(done));
}

void any_stream::start_tap(net::byte_tap& tap) {
    error_code ignored; // the connection has ended; its next operation fails
    const auto& socket = impl_->tcp.socket();
    impl_->captured = std::make_shared<capture>(tap, net::byte_tap::connection{socket.local_endpoint(ignored),
                                                                               socket.remote_endpoint(ignored),
                                                                               net::byte_tap::protocol::http});
}

std::string any_stream::describe(error_code error) const {
    const bool of_tls = impl_->tls && error.category() == asio::error::get_ssl_category();
    return of_tls ? net::tls_error(impl_->tls->native_handle(), static_cast<unsigned long>(error.value()),
                                   SSL_get_certificate(impl_->tls->native_handle()) != nullptr)
                        .text
                  : error.message();
}

void any_stream::read_some(asio::mutable_buffer into, handler done) {
    if (impl_->captured)
        done = [kept = impl_->captured, into, next = std::move(done)](error_code error, std::size_t size) {
            kept->report(false, {static_cast<const char*>(into.data()), size});
            next(error, size);
        };
    if (impl_->tls)
        impl_->tls->async_read_some(into, std::move(done));
    else
        impl_->tcp.async_read_some(into, std::move(done));
}

void any_stream::write_some(asio::const_buffer from, handler done) {
    if (impl_->captured) // a copy: the bytes may be freed before the write ends
        done = [kept = impl_->captured, copy = std::string(static_cast<const char*>(from.data()), from.size()),
                next = std::move(done)](error_code error, std::size_t size) {
            kept->report(true, std::string_view(copy).substr(0, size));
            next(error, size);
        };
    if (impl_->tls)
        impl_->tls->async_write_some(from, std::move(done));
    else
        impl_->tcp.async_write_some(from, std::move(done));
}

} // namespace loadsim::observer
