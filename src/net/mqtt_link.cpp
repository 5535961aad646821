#include <loadsim/net/mqtt_link.hpp>

#include "abandoned_connections.hpp"
#include "link_impairment.hpp"
#include "tcp_connect.hpp"

#include <loadsim/net/connect_check.hpp>
#include <loadsim/net/error.hpp>

#include <fmt/format.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

namespace loadsim::net {
namespace {

constexpr std::size_t unsent_limit = 1024 * 1024;
constexpr std::size_t partial_limit = 1024 * 1024;
/// The first SYN is retransmitted after one second: a faster connect needs no check.
constexpr nanoseconds syn_retransmission_timeout = std::chrono::milliseconds{900};

/// TCP_QUICKACK is reset by each read. Failure is ignored: the connection is only slower.
void set_quick_ack(int socket) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

boost::asio::ip::tcp::endpoint endpoint_of(int socket, decltype(&::getsockname) which) {
    boost::asio::ip::tcp::endpoint endpoint;
    auto size = static_cast<socklen_t>(endpoint.capacity());
    if (which(socket, endpoint.data(), &size) == 0) endpoint.resize(size);
    return endpoint;
}

byte_tap::connection endpoints_of(int socket) {
    return {endpoint_of(socket, &::getsockname), endpoint_of(socket, &::getpeername)};
}

} // namespace

std::error_code link_events::make_tls(mqtt_link&, std::unique_ptr<tls_session>&) { return {}; }

mqtt_link::mqtt_link(loop& owner, const mqtt::session_options& options, link_events& events, std::uint32_t tag)
    : loop_(owner), options_(options), events_(events), session_(options), tag_(tag) {}

mqtt_link::~mqtt_link() {
    drop_partial();
    if (socket_ < 0) return;
    loop_.poller().remove(*this);
    ::close(socket_);
}

void mqtt_link::wait_until(monotonic_time when) {
    stage_ = stage::waiting;
    loop_.arm(*this, when);
}

void mqtt_link::connect(const boost::asio::ip::tcp::endpoint& broker, std::span<const boost::asio::ip::address> sources,
                        std::size_t first) {
    stage_ = stage::connecting;
    syn_retransmitted_ = false;
    started_ = loop_.now();
    const auto attempt = begin_connect(broker, sources, first);
    if (attempt.error) return on_connection_lost(attempt.error);
    socket_ = attempt.socket;
    if (const auto error = loop_.poller().add(socket_, *this)) return on_connection_lost(error);
    loop_.arm(*this, started_ + options_.connect_timeout);
}

void mqtt_link::on_ready(std::uint32_t events) {
    if (stage_ == stage::connecting) {
        if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
        check_syn_retransmission();
        if ((events & (EPOLLERR | EPOLLHUP)) != 0)
            if (const auto error = connect_error(socket_)) return on_connection_lost(error);
        if (is_self_connected(socket_)) return on_connection_lost(std::make_error_code(std::errc::connection_refused));
        on_tcp_connected();
    } else if (unsent_ && (events & EPOLLOUT) != 0) {
        on_writable();
    }
    if (transfers() && (events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0) on_readable(events);
}

mqtt_link::layers& mqtt_link::make_layers() {
    if (!layers_) layers_ = std::make_unique<layers>();
    return *layers_;
}

tls_session* mqtt_link::tls() const noexcept { return layers_ ? layers_->tls.get() : nullptr; }

std::string mqtt_link::describe_tls_error(std::error_code why) const {
    if (!tls_failed()) return {};
    auto [text, has_remedy] = layers_->ended->describe_error();
    if (has_remedy || layers_->ended->established()) return text;
    if (text.empty())
        text = why == errc::tls_timeout
                   ? "the handshake is not answered in time"
                   : fmt::format("the connection has ended during the handshake ({})", why.message());
    return text + "; check that the broker uses TLS on this port";
}

bool mqtt_link::tls_failed() const noexcept {
    return layers_ && layers_->ended && (!layers_->ended->established() || layers_->ended->error());
}

void mqtt_link::on_tcp_connected() {
    const auto now = loop_.now();
    tcp_us_ = static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::microseconds>(now - started_).count());
    started_ = now;
    if (loop_.tap != nullptr) loop_.tap->on_opened(make_layers().tapped.emplace(endpoints_of(socket_)), now);
    std::unique_ptr<tls_session> with_tls;
    if (const auto error = events_.make_tls(*this, with_tls)) return on_connection_lost(error);
    if (!with_tls) return open_session();
    stage_ = stage::securing;
    make_layers().tls = std::move(with_tls);
    mqtt::bytes hello;
    tls()->start(hello);
    if (const auto error = send(hello)) return on_connection_lost(error);
    loop_.arm(*this, now + options_.connect_timeout);
}

void mqtt_link::open_session() {
    stage_ = stage::open;
    const auto identity = events_.identify(*this);
    const auto failed = with_output([&](mqtt::bytes& out) {
        session_.open(identity, loop_.now(), out);
        const bool opened = session_.state() != mqtt::session::phase::closed;
        return opened ? std::error_code{}
                      : make_error_code(mqtt::errc::invalid_argument); // the identity cannot be encoded
    });
    if (!failed && stage_ == stage::open) arm_session_timer();
}

void mqtt_link::check_syn_retransmission() {
    syn_retransmitted_ = loop_.now() - started_ >= syn_retransmission_timeout && has_retransmitted(socket_);
}

void mqtt_link::on_readable(std::uint32_t events) {
    if (auto* const r = impaired(); r != nullptr && !r->can_read()) {
        r->read_pending = true;
        return;
    }
    const auto received = ::recv(socket_, loop_.read_buffer.data(), loop_.read_buffer.size(), 0);
    if (received == 0) return on_connection_lost(errc::closed_by_peer);
    if (received < 0) {
        if (!would_block(errno)) on_connection_lost(last_error());
        return;
    }
    const auto size = static_cast<std::size_t>(received);
    const mqtt::byte_view read{loop_.read_buffer.data(), size};
    const bool with_tls = tls() != nullptr;
    (with_tls ? loop_.traffic.tls_bytes_received : loop_.traffic.bytes_received) += size;
    const auto& sent = with_tls ? loop_.traffic.tls_bytes_sent : loop_.traffic.bytes_sent;
    const auto sent_before = sent;
    if (!with_tls) tap(false, read);
    if (is_shaped()) {
        enqueue_incoming(read);
    } else if (deliver(read)) {
        return;
    }
    if (!transfers()) return;
    if (quick_acks_ && sent == sent_before) set_quick_ack(socket_); // otherwise the ACK was sent with data
    // One read per event, for fairness. A full buffer or a pending end of the connection needs another one.
    const bool more = size == loop_.read_buffer.size() || (events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0;
    if (more) loop_.poller().rearm(socket_, *this);
}

std::error_code mqtt_link::deliver(mqtt::byte_view arrived) {
    return tls() != nullptr ? decrypt(arrived) : deliver_to_session(arrived);
}

/// Returns the error that has ended the connection; events of the session may end it, too.
std::error_code mqtt_link::decrypt(mqtt::byte_view arrived) {
    const lent_buffer plain(loop_.plain_buffer);
    const lent_buffer records(loop_.record_buffer);
    tls()->receive(arrived, *plain, *records);
    std::error_code error;
    if (stage_ == stage::securing && tls()->established() && !tls()->error()) {
        layers_->last_flight = std::move(*records);
        layers_->tls_duration = loop_.now() - started_;
        started_ = loop_.now();
        open_session();
        if (stage_ != stage::open) return std::make_error_code(std::errc::operation_canceled);
    } else {
        error = send(*records); // also of a failed handshake: the alert
        if (tls()->error()) error = tls()->error();
    }
    if (auto ticket = tls()->take_ticket(); !ticket.empty()) events_.on_ticket(*this, std::move(ticket));
    if (!plain->empty() && stage_ == stage::open) {
        tap(false, *plain);
        loop_.traffic.bytes_received += plain->size();
        if (const auto failed = deliver_to_session(*plain)) return failed;
        if (stage_ != stage::open) return std::make_error_code(std::errc::operation_canceled);
    }
    if (!error && tls()->closed()) error = errc::closed_by_peer;
    if (error) on_connection_lost(error);
    return error;
}

std::error_code mqtt_link::deliver_to_session(mqtt::byte_view arrived) {
    return with_output([&](mqtt::bytes& out) { return feed(arrived, out); });
}

std::error_code mqtt_link::feed(mqtt::byte_view arrived, mqtt::bytes& out) {
    if (partial_) {
        partial_->insert(partial_->end(), arrived.begin(), arrived.end());
        loop_.partial_bytes += arrived.size();
        arrived = *partial_;
    }
    const auto [consumed, error] = session_.receive(arrived, loop_.now(), out, *this);
    if (error) return error;
    const auto rest = arrived.subspan(consumed);
    const auto limit = options_.maximum_packet_size != 0 ? options_.maximum_packet_size : partial_limit;
    if (rest.size() > limit) return errc::packet_too_large;
    if (rest.empty()) {
        drop_partial();
    } else if (partial_) {
        partial_->erase(partial_->begin(), partial_->begin() + static_cast<std::ptrdiff_t>(consumed));
        loop_.partial_bytes -= consumed;
    } else {
        partial_ = std::make_unique<mqtt::bytes>(rest.begin(), rest.end());
        loop_.partial_bytes += rest.size();
    }
    return loop_.partial_bytes > loop_.partial_bytes_max && !rest.empty()
               ? make_error_code(errc::too_many_partial_packets)
               : std::error_code{};
}

void mqtt_link::drop_partial() {
    if (partial_) loop_.partial_bytes -= partial_->size();
    partial_.reset();
}

/// Runs `call` with an output buffer, then sends the buffer; an error of either ends the connection.
template <class Call>
std::error_code mqtt_link::with_output(Call&& call) {
    if (output_ != nullptr) return call(*output_); // nested call: the outermost one sends
    mqtt::bytes out = std::exchange(loop_.write_buffer, {});
    output_ = &out;
    const auto session_error = call(out);
    output_ = nullptr;
    const auto send_error = flush(out);
    out.clear();
    loop_.write_buffer = std::move(out); // returns the capacity to the loop
    if (stage_ == stage::closing) {
        drop_connection();
        return std::make_error_code(std::errc::operation_canceled);
    }
    const auto error = session_error ? session_error : send_error;
    if (error) on_connection_lost(error);
    return error;
}

std::error_code mqtt_link::flush(mqtt::bytes& out) {
    if (tls() == nullptr) return send(out);
    const lent_buffer records(loop_.record_buffer);
    if (!layers_->last_flight.empty()) *records = std::exchange(layers_->last_flight, {});
    if (!out.empty()) {
        tap(true, out);
        loop_.traffic.bytes_sent += out.size();
        tls()->send(out, *records);
    }
    if (stage_ == stage::closing) tls()->close(*records);
    return tls()->error() ? tls()->error() : send(*records);
}

std::error_code mqtt_link::send(const mqtt::bytes& bytes) {
    if (bytes.empty()) return {};
    return is_shaped() && stage_ != stage::closing ? enqueue_outgoing(bytes) : transmit(bytes);
}

/// Writes to the socket; appends the rest to unsent_.
std::error_code mqtt_link::transmit(const mqtt::bytes& out) {
    std::size_t size = 0;
    if (!unsent_ && !is_blocked()) {
        const auto sent = ::send(socket_, out.data(), out.size(), MSG_NOSIGNAL);
        if (sent < 0 && !would_block(errno)) return last_error();
        if (sent > 0) size = static_cast<std::size_t>(sent);
        const bool with_tls = tls() != nullptr;
        (with_tls ? loop_.traffic.tls_bytes_sent : loop_.traffic.bytes_sent) += size;
        if (!with_tls) tap(true, mqtt::byte_view(out).first(size));
        if (size == out.size()) return {};
    }
    if ((unsent_ ? unsent_->size() : 0) + out.size() - size > unsent_limit) return errc::peer_not_reading;
    if (!unsent_) unsent_ = std::make_unique<mqtt::bytes>();
    unsent_->insert(unsent_->end(), out.begin() + static_cast<std::ptrdiff_t>(size), out.end());
    return {};
}

void mqtt_link::on_writable() {
    if (is_blocked()) return;
    const auto rest = std::exchange(unsent_, nullptr);
    if (const auto error = transmit(*rest)) on_connection_lost(error);
}

mqtt::session::published mqtt_link::publish(mqtt::message m) {
    mqtt::session::published sent;
    m.quality = std::min(m.quality, session_.maximum_qos()); // 3.2.2.3.4
    m.retain = m.retain && session_.retain_available();      // 3.2.2.3.5
    with_output([&](mqtt::bytes& out) {
        sent = session_.publish(m, loop_.now(), out);
        return std::error_code{};
    });
    if (!sent.error) loop_.count_published(m.topic.size() + m.payload.size());
    return sent;
}

mqtt::session::published mqtt_link::subscribe(std::span<const mqtt::subscription> subscriptions) {
    mqtt::session::published sent;
    with_output([&](mqtt::bytes& out) {
        sent = session_.subscribe(subscriptions, loop_.now(), out);
        return std::error_code{};
    });
    return sent;
}

void mqtt_link::close(mqtt::session::close_scope scope) {
    if (stage_ == stage::open) {
        stage_ = stage::closing;
        // DISCONNECT is not delayed by shaping.
        if (auto* const r = impaired(); r != nullptr)
            if (const auto delayed = r->outgoing.pop_arrived(never); !delayed.empty()) transmit(delayed);
        with_output([&](mqtt::bytes& out) {
            session_.close(mqtt::reason::success, loop_.now(), out, scope);
            return std::error_code{};
        });
    } else if (stage_ != stage::closing) {
        drop_connection();
    }
}

void mqtt_link::reset() {
    assert(output_ == nullptr);
    drop_connection(close_kind::reset);
}

void mqtt_link::abandon() {
    assert(output_ == nullptr);
    drop_connection(close_kind::abandoned);
}

void mqtt_link::on_timer(monotonic_time now) {
    switch (stage_) {
    case stage::waiting: stage_ = stage::idle; return events_.on_wait_elapsed(*this);
    case stage::connecting: check_syn_retransmission(); return on_connection_lost(errc::connect_timeout);
    case stage::securing: return on_connection_lost(errc::tls_timeout);
    case stage::open: {
        const auto session_error = with_output([&](mqtt::bytes& out) { return session_.on_timer(now, out); });
        if (!session_error && stage_ == stage::open) arm_session_timer();
        return;
    }
    case stage::idle:
    case stage::closing: return;
    }
}

void mqtt_link::arm_session_timer() { loop_.arm(*this, session_.next_deadline()); }

void mqtt_link::on_connection_lost(std::error_code why) {
    const bool was_online = was_online_;
    if (layers_) layers_->ended = std::move(layers_->tls);
    drop_connection();
    events_.on_offline(*this, why, was_online);
    if (layers_) layers_->ended.reset();
}

void mqtt_link::drop_connection(close_kind kind) {
    if (const int socket = std::exchange(socket_, -1); socket >= 0) {
        if ((kind == close_kind::abandoned || is_blocked()) && stage_ != stage::connecting) {
            abandon_socket(socket);
        } else {
            if (kind == close_kind::reset) {
                const linger at_once{.l_onoff = 1, .l_linger = 0};
                ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            }
            loop_.poller().remove(*this);
            ::close(socket);
            if (layers_ && layers_->tapped && loop_.tap != nullptr) loop_.tap->on_closed(*layers_->tapped, loop_.now());
        }
    }
    session_.transport_lost();
    drop_partial();
    unsent_.reset();
    if (layers_) {
        layers_->tls.reset();
        layers_->last_flight = {};
        layers_->tapped.reset();
        if (layers_->impairment) layers_->impairment->clear();
    }
    disarm();
    stage_ = stage::idle;
    was_online_ = false;
}

/// Kept for longer than the peer's keep-alive timeout of 1.5 * keep alive (MQTT 5.0, 3.1.2.10).
void mqtt_link::abandon_socket(int socket) {
    constexpr nanoseconds least = std::chrono::minutes{1};
    const auto now = loop_.now();
    loop_.abandoned().add(socket, *this, now, now + std::max(least, 2 * nanoseconds{options_.keep_alive}));
}

void mqtt_link::on_connected(mqtt::session&, const mqtt::server_limits& limits) {
    was_online_ = true;
    arm_session_timer(); // from the connect timeout to keep alive
    const bool with_tls = tls() != nullptr;
    events_.on_online(*this, limits,
                      {.tcp = std::chrono::microseconds{tcp_us_},
                       .tls = with_tls ? layers_->tls_duration : nanoseconds{},
                       .connack = loop_.now() - started_,
                       .tls_resumed = with_tls && tls()->resumed()});
}

void mqtt_link::on_message(mqtt::session&, const mqtt::message& m) {
    loop_.count_received(m.topic.size() + m.payload.size());
    events_.on_message(*this, m);
}

void mqtt_link::on_published(mqtt::session&, std::uint16_t packet_id, mqtt::reason why) {
    events_.on_published(*this, packet_id, why);
}

void mqtt_link::on_subscribed(mqtt::session&, std::uint16_t, std::span<const mqtt::reason> granted) {
    events_.on_subscribed(*this, granted);
}

} // namespace loadsim::net
