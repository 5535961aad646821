#include <loadsim/net/mqtt_link.hpp>

#include <loadsim/net/error.hpp>

#include <boost/asio/buffer.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

namespace loadsim::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t unsent_limit = 1024 * 1024;

/// The kernel forgets it with each read. A socket that does not take it is only slower.
void acknowledge_now(tcp_socket& socket) {
    const int on = 1;
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

std::error_code plain(const error_code& error) {
    if (error == asio::error::eof) return errc::closed_by_peer;
    return error;
}

} // namespace

mqtt_link::mqtt_link(loop& owner, const mqtt::session_options& options, link_events& events, std::uint32_t tag)
    : loop_(owner), options_(options), events_(events), socket_(owner.io().get_executor()), session_(options),
      tag_(tag) {}

mqtt_link::~mqtt_link() = default;

void mqtt_link::connect_at(const asio::ip::tcp::endpoint& broker, monotonic_time when) {
    broker_ = &broker;
    stage_ = stage::waiting;
    loop_.arm(*this, when);
}

void mqtt_link::connect(const asio::ip::tcp::endpoint& broker) {
    broker_ = &broker;
    stage_ = stage::connecting;
    started_ = loop_.now();
    loop_.arm(*this, started_ + options_.connack_within);
    error_code error;
    if (socket_.open(broker.protocol(), error); !error) socket_.non_blocking(true, error);
    if (!error)
        socket_.set_option(asio::ip::tcp::no_delay(true), error); // an acknowledgement must not wait for the next
    if (error) return lose(error);
    socket_.async_connect(broker, [this, connection = connection_](const error_code& failed) {
        if (connection == connection_) established(failed);
    });
}

void mqtt_link::established(const error_code& error) {
    if (error) return lose(error);
    stage_ = stage::open;
    const auto identity = events_.identify(*this);
    const auto failed = with_output([&](mqtt::bytes& out) {
        session_.open(identity, loop_.now(), out);
        const bool opened = session_.state() != mqtt::session::phase::closed;
        return opened ? std::error_code{}
                      : make_error_code(mqtt::errc::invalid_argument); // an identity that cannot be sent
    });
    if (failed || stage_ != stage::open) return;
    arm_session_timer();
    wait_readable();
}

void mqtt_link::wait_readable() {
    socket_.async_wait(tcp_socket::wait_read, [this, connection = connection_](const error_code& error) {
        if (connection == connection_) readable(error);
    });
}

void mqtt_link::readable(const error_code& failed) {
    if (failed) return lose(plain(failed));
    error_code error;
    const auto size = socket_.read_some(asio::buffer(loop_.read_buffer), error);
    if (error && error != asio::error::would_block) return lose(plain(error));
    loop_.moved.bytes_received += size;
    if (quick_acks_) acknowledge_now(socket_);
    if (size != 0) {
        const auto over = with_output([&](mqtt::bytes& out) { return feed({loop_.read_buffer.data(), size}, out); });
        if (over || stage_ != stage::open) return;
    }
    // One read an event: waiting again re-arms the edge, so what is left in the socket brings the next one.
    wait_readable();
}

std::error_code mqtt_link::feed(mqtt::byte_view arrived, mqtt::bytes& out) {
    if (partial_) {
        partial_->insert(partial_->end(), arrived.begin(), arrived.end());
        arrived = *partial_;
    }
    const auto [consumed, error] = session_.receive(arrived, loop_.now(), out, *this);
    if (error) return error;
    const auto rest = arrived.subspan(consumed);
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
    if (unsent_) {
        if (unsent_->size() + out.size() > unsent_limit) return errc::peer_not_reading;
        unsent_->insert(unsent_->end(), out.begin(), out.end());
        return {};
    }
    error_code error;
    const auto size = socket_.write_some(asio::buffer(out), error);
    if (error && error != asio::error::would_block) return plain(error);
    loop_.moved.bytes_sent += size;
    if (size < out.size()) {
        unsent_ = std::make_unique<mqtt::bytes>(out.begin() + static_cast<std::ptrdiff_t>(size), out.end());
        wait_writable();
    }
    return {};
}

void mqtt_link::wait_writable() {
    socket_.async_wait(tcp_socket::wait_write, [this, connection = connection_](const error_code& failed) {
        if (connection != connection_) return;
        if (failed) return lose(plain(failed));
        const auto rest = std::exchange(unsent_, nullptr);
        if (const auto error = flush(*rest)) lose(error);
    });
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
    case stage::waiting: return connect(*broker_);
    case stage::connecting: return lose(errc::connect_timeout);
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
    ++connection_;
    error_code ignored; // closing frees the descriptor whatever it says
    socket_.close(ignored);
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
