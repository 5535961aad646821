#include <loadsim/net/mqtt_link.hpp>

#include "graveyard.hpp"
#include "road.hpp"
#include "tcp_connect.hpp"

#include <loadsim/net/error.hpp>

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
/// The first SYN is repeated after a second: a connect that was quicker need not be asked.
constexpr nanoseconds syn_repeated_after = std::chrono::milliseconds{900};

/// The kernel forgets it with each read. A socket that does not take it is only slower.
void acknowledge_now(int socket) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

std::error_code last_error() { return {errno, std::system_category()}; }

boost::asio::ip::tcp::endpoint end_of(int socket, decltype(&::getsockname) which) {
    boost::asio::ip::tcp::endpoint end;
    auto size = static_cast<socklen_t>(end.capacity());
    if (which(socket, end.data(), &size) == 0) end.resize(size);
    return end;
}

byte_tap::connection ends_of(int socket) { return {end_of(socket, &::getsockname), end_of(socket, &::getpeername)}; }

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
    if (loop_.tap != nullptr) loop_.tap->on_opened(on_the_road().ends.emplace(ends_of(socket_)), loop_.now());
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
    if (road_ && !road_->takes_more()) {
        road_->more_has_come = true;
        return;
    }
    const auto got = ::recv(socket_, loop_.read_buffer.data(), loop_.read_buffer.size(), 0);
    if (got == 0) return lose(errc::closed_by_peer);
    if (got < 0) {
        if (!would_block(errno)) lose(last_error());
        return;
    }
    const auto size = static_cast<std::size_t>(got);
    const mqtt::byte_view read{loop_.read_buffer.data(), size};
    loop_.moved.bytes_received += size;
    const auto sent_before = loop_.moved.bytes_sent;
    tap(false, read);
    if (is_slow()) {
        take_in(read);
    } else if (hand_in(read)) {
        return;
    }
    if (stage_ != stage::open) return;
    if (quick_acks_ && loop_.moved.bytes_sent == sent_before) acknowledge_now(socket_); // else it went along
    // One read an event, for the others' sake. A full buffer has left something behind, and so has an end that came with it.
    const bool more = size == loop_.read_buffer.size() || (events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0;
    if (more) loop_.sockets().again(socket_, *this);
}

std::error_code mqtt_link::hand_in(mqtt::byte_view arrived) {
    return with_output([&](mqtt::bytes& out) { return feed(arrived, out); });
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
    return is_slow() && stage_ != stage::closing ? set_out(out) : transmit(out);
}

/// To the socket, or behind what waits for it.
std::error_code mqtt_link::transmit(const mqtt::bytes& out) {
    std::size_t size = 0;
    if (!unsent_ && !is_held()) {
        const auto sent = ::send(socket_, out.data(), out.size(), MSG_NOSIGNAL);
        if (sent < 0 && !would_block(errno)) return last_error();
        if (sent > 0) size = static_cast<std::size_t>(sent);
        loop_.moved.bytes_sent += size;
        tap(true, mqtt::byte_view(out).first(size));
        if (size == out.size()) return {};
    }
    if ((unsent_ ? unsent_->size() : 0) + out.size() - size > unsent_limit) return errc::peer_not_reading;
    if (!unsent_) unsent_ = std::make_unique<mqtt::bytes>();
    unsent_->insert(unsent_->end(), out.begin() + static_cast<std::ptrdiff_t>(size), out.end());
    return {};
}

void mqtt_link::writable() {
    if (is_held()) return;
    const auto rest = std::exchange(unsent_, nullptr);
    if (const auto error = transmit(*rest)) lose(error);
}

mqtt::session::published mqtt_link::publish(mqtt::message m) {
    mqtt::session::published sent;
    m.quality = std::min(m.quality, session_.maximum_qos()); // 3.2.2.3.4
    m.retain = m.retain && session_.retain_available();      // 3.2.2.3.5
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

void mqtt_link::close(mqtt::session::ends what) {
    if (stage_ == stage::open) {
        stage_ = stage::closing;
        with_output([&](mqtt::bytes& out) {
            if (road_) { // nobody waits for a slow goodbye
                const auto before = road_->going.take(never);
                out.insert(out.begin(), before.begin(), before.end());
            }
            session_.close(mqtt::reason::success, loop_.now(), out, what);
            return std::error_code{};
        });
    } else if (stage_ != stage::closing) {
        drop_connection();
    }
}

void mqtt_link::reset() {
    assert(output_ == nullptr);
    drop_connection(ending::reset);
}

void mqtt_link::abandon() {
    assert(output_ == nullptr);
    drop_connection(ending::left_behind);
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

void mqtt_link::drop_connection(ending how) {
    if (const int socket = std::exchange(socket_, -1); socket >= 0) {
        if ((how == ending::left_behind || is_held()) && stage_ != stage::connecting) {
            leave_behind(socket);
        } else {
            if (how == ending::reset) {
                const linger at_once{.l_onoff = 1, .l_linger = 0};
                ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            }
            loop_.sockets().forget(*this);
            ::close(socket);
            if (road_ && road_->ends && loop_.tap != nullptr) loop_.tap->on_closed(*road_->ends, loop_.now());
        }
    }
    session_.transport_lost();
    partial_.reset();
    unsent_.reset();
    if (road_) road_->clear();
    disarm();
    stage_ = stage::idle;
    stood_ = false;
}

/// Until the other side finds out by its keep alive, after one and a half of them (MQTT 5.0, 3.1.2.10), or by our coming back.
void mqtt_link::leave_behind(int socket) {
    constexpr nanoseconds least = std::chrono::minutes{1};
    const auto now = loop_.now();
    loop_.left_behind().add(socket, *this, now, now + std::max(least, 2 * nanoseconds{options_.keep_alive}));
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
