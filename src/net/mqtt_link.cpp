#include <loadsim/net/mqtt_link.hpp>

#include "tcp_connect.hpp"

#include <loadsim/net/error.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace loadsim::net {
namespace {

constexpr std::size_t unsent_limit = 1024 * 1024;
constexpr std::size_t partial_limit = 1024 * 1024;
/// The first SYN is repeated after a second: a connect that was quicker need not be asked.
constexpr nanoseconds syn_repeated_after = std::chrono::milliseconds{900};

/// The kernel forgets it with each read. A socket that does not take it is only slower.
void acknowledge_now(int socket) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

std::error_code last_error() { return {errno, std::system_category()}; }

} // namespace

mqtt_link::mqtt_link(loop& owner, const mqtt::session_options& options, link_events& events, std::uint32_t tag)
    : loop_(owner), options_(options), events_(events), session_(options), tag_(tag) {}

mqtt_link::~mqtt_link() {
    if (socket_ < 0) return;
    loop_.sockets().forget(*this);
    ::close(socket_);
}

void mqtt_link::wait_until(monotonic_time when) {
    stage_ = stage::waiting;
    loop_.arm(*this, when);
}

void mqtt_link::connect(const boost::asio::ip::tcp::endpoint& broker, std::span<const boost::asio::ip::address> sources,
                        std::size_t first) {
    stage_ = stage::connecting;
    syn_repeated_ = false;
    started_ = loop_.now();
    const auto begun = begin_connect(broker, sources, first);
    if (begun.error) return lose(begun.error);
    socket_ = begun.socket;
    if (const auto error = loop_.sockets().add(socket_, *this)) return lose(error);
    loop_.arm(*this, started_ + options_.connack_within);
}

void mqtt_link::on_ready(std::uint32_t events) {
    if (stage_ == stage::connecting) {
        if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
        note_syns();
        if ((events & (EPOLLERR | EPOLLHUP)) != 0)
            if (const auto error = connect_error(socket_)) return lose(error);
        established();
    } else if (unsent_ && (events & EPOLLOUT) != 0) {
        writable();
    }
    if (stage_ == stage::open && (events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0) readable(events);
}

void mqtt_link::established() {
    stage_ = stage::open;
    const auto identity = events_.identify(*this);
    const auto failed = with_output([&](mqtt::bytes& out) {
        session_.open(identity, loop_.now(), out);
        const bool opened = session_.state() != mqtt::session::phase::closed;
        return opened ? std::error_code{}
                      : make_error_code(mqtt::errc::invalid_argument); // an identity that cannot be sent
    });
    if (!failed && stage_ == stage::open) arm_session_timer();
}

void mqtt_link::note_syns() {
    syn_repeated_ = loop_.now() - started_ >= syn_repeated_after && has_retransmitted(socket_);
}

void mqtt_link::readable(std::uint32_t events) {
    const auto got = ::recv(socket_, loop_.read_buffer.data(), loop_.read_buffer.size(), 0);
    if (got == 0) return lose(errc::closed_by_peer);
    if (got < 0) {
        if (!would_block(errno)) lose(last_error());
        return;
    }
    const auto size = static_cast<std::size_t>(got);
    loop_.moved.bytes_received += size;
    const auto sent_before = loop_.moved.bytes_sent;
    const auto over = with_output([&](mqtt::bytes& out) { return feed({loop_.read_buffer.data(), size}, out); });
    if (over || stage_ != stage::open) return;
    if (quick_acks_ && loop_.moved.bytes_sent == sent_before) acknowledge_now(socket_); // else it went along
    // One read an event, for the others' sake. A full buffer has left something behind, and so has an end that came with it.
    const bool more = size == loop_.read_buffer.size() || (events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0;
    if (more) loop_.sockets().again(socket_, *this);
}

std::error_code mqtt_link::feed(mqtt::byte_view arrived, mqtt::bytes& out) {
    if (partial_) {
        partial_->insert(partial_->end(), arrived.begin(), arrived.end());
        arrived = *partial_;
    }
    const auto [consumed, error] = session_.receive(arrived, loop_.now(), out, *this);
    if (error) return error;
    const auto rest = arrived.subspan(consumed);
    const auto limit = options_.maximum_packet_size != 0 ? options_.maximum_packet_size : partial_limit;
    if (rest.size() > limit) return errc::packet_endless;
    if (rest.empty())
        partial_.reset();
    else if (partial_)
        partial_->erase(partial_->begin(), partial_->begin() + static_cast<std::ptrdiff_t>(consumed));
    else
        partial_ = std::make_unique<mqtt::bytes>(rest.begin(), rest.end());
    return {};
}

/// Runs `call` with a buffer to append to, then sends the buffer; an error of either ends the connection.
template <class Call>
std::error_code mqtt_link::with_output(Call&& call) {
    if (output_ != nullptr) return call(*output_); // inside a call already: it is sent when that one returns
    mqtt::bytes out = std::exchange(loop_.write_buffer, {});
    output_ = &out;
    const auto over = call(out);
    output_ = nullptr;
    const auto unsent = flush(out);
    out.clear();
    loop_.write_buffer = std::move(out); // its capacity goes back to the loop
    if (stage_ == stage::closing) {
        drop_connection();
        return std::make_error_code(std::errc::operation_canceled);
    }
    const auto error = over ? over : unsent;
    if (error) lose(error);
    return error;
}

std::error_code mqtt_link::flush(mqtt::bytes& out) {
    if (out.empty()) return {};
    std::size_t size = 0;
    if (!unsent_) {
        const auto sent = ::send(socket_, out.data(), out.size(), MSG_NOSIGNAL);
        if (sent < 0 && !would_block(errno)) return last_error();
        if (sent > 0) size = static_cast<std::size_t>(sent);
        loop_.moved.bytes_sent += size;
        if (size == out.size()) return {};
    }
    if ((unsent_ ? unsent_->size() : 0) + out.size() - size > unsent_limit) return errc::peer_not_reading;
    if (!unsent_) unsent_ = std::make_unique<mqtt::bytes>();
    unsent_->insert(unsent_->end(), out.begin() + static_cast<std::ptrdiff_t>(size), out.end());
    return {};
}

void mqtt_link::writable() {
    const auto rest = std::exchange(unsent_, nullptr);
    if (const auto error = flush(*rest)) lose(error);
}

mqtt::session::published mqtt_link::publish(const mqtt::message& m) {
    mqtt::session::published sent;
    with_output([&](mqtt::bytes& out) {
        sent = session_.publish(m, loop_.now(), out);
        return std::error_code{};
    });
    if (!sent.error) ++loop_.moved.published;
    return sent;
}

mqtt::session::published mqtt_link::subscribe(std::span<const mqtt::subscription> wanted) {
    mqtt::session::published sent;
    with_output([&](mqtt::bytes& out) {
        sent = session_.subscribe(wanted, loop_.now(), out);
        return std::error_code{};
    });
    return sent;
}

void mqtt_link::close() {
    if (stage_ == stage::open) {
        stage_ = stage::closing;
        with_output([&](mqtt::bytes& out) {
            session_.close(mqtt::reason::success, loop_.now(), out);
            return std::error_code{};
        });
    } else if (stage_ != stage::closing) {
        drop_connection();
    }
}

void mqtt_link::on_timer(monotonic_time now) {
    switch (stage_) {
    case stage::waiting: stage_ = stage::idle; return events_.on_waited(*this);
    case stage::connecting: note_syns(); return lose(errc::connect_timeout);
    case stage::open: {
        const auto over = with_output([&](mqtt::bytes& out) { return session_.on_timer(now, out); });
        if (!over && stage_ == stage::open) arm_session_timer();
        return;
    }
    case stage::idle:
    case stage::closing: return;
    }
}

void mqtt_link::arm_session_timer() { loop_.arm(*this, session_.next_deadline()); }

void mqtt_link::lose(std::error_code why) {
    const bool was_online = stood_;
    drop_connection();
    events_.on_offline(*this, why, was_online);
}

void mqtt_link::drop_connection() {
    if (socket_ >= 0) {
        loop_.sockets().forget(*this);
        ::close(std::exchange(socket_, -1));
    }
    session_.transport_lost();
    partial_.reset();
    unsent_.reset();
    disarm();
    stage_ = stage::idle;
    stood_ = false;
}

void mqtt_link::on_connected(mqtt::session&, const mqtt::server_limits& limits) {
    stood_ = true;
    arm_session_timer(); // from CONNACK overdue to keep alive
    events_.on_online(*this, limits, loop_.now() - started_);
}

void mqtt_link::on_message(mqtt::session&, const mqtt::message& m) {
    ++loop_.moved.received;
    events_.on_message(*this, m);
}

void mqtt_link::on_published(mqtt::session&, std::uint16_t packet_id, mqtt::reason why) {
    events_.on_published(*this, packet_id, why);
}

void mqtt_link::on_subscribed(mqtt::session&, std::uint16_t, std::span<const mqtt::reason> granted) {
    events_.on_subscribed(*this, granted);
}

} // namespace loadsim::net
