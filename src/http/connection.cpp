#include "connection.hpp"

#include <loadsim/net/connect_check.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <fmt/format.h>

#include <utility>

namespace loadsim::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

failure kind_of(const error_code& error) {
    return response_parser::is_refused(error) ? failure::response : failure::connection;
}

failure kind_of(const net::tls_failure& error) { return error.has_remedy ? failure::tls_refused : failure::tls; }

} // namespace

connection::connection(net::loop& loop, connection_owner& owner, const settings& s, std::size_t preferred_base)
    : loop_(loop), owner_(owner), settings_(s), socket_(loop.io().get_executor()),
      parser_({.limits = s.limits, .keep_headers = s.keep_headers}), preferred_base_(preferred_base) {}

connection::~connection() = default;

void connection::exchange(std::uint64_t token, const request& r, base& to) {
    busy_ = true;
    token_ = token;
    tries_ = 0;
    timeouts_ = 0;
    if (stage_ == stage::open && base_ != &to) drop();
    base_ = &to;
    request_.serialize(r, to.request_route);
    begin_try();
}

void connection::begin_try() {
    deadline_ = loop_.now() + settings_.timeout;
    bases_left_ = settings_.base_count;
    if (stage_ == stage::open) {
        // Deadlines only grow: a timer armed for an earlier one fires first and is re-armed then.
        if (!armed()) loop_.arm(*this, deadline_);
        return write_request();
    }
    connect_to(*base_);
}

void connection::connect_to(base& target) {
    base_ = &target;
    connect();
}

void connection::connect() {
    stage_ = stage::connecting;
    // An address that does not answer the SYN must leave time to try the others.
    const auto now = loop_.now();
    connect_deadline_ = now + (deadline_ - now) / static_cast<std::int64_t>(bases_left_);
    loop_.arm(*this, connect_deadline_);
    const auto& address = base_->address;
    error_code error;
    if (socket_.open(address.protocol(), error); !error) socket_.non_blocking(true, error);
    if (!error) socket_.set_option(asio::ip::tcp::no_delay(true), error);
    if (error) return post_failure(failure::connection, error_text(error));
    socket_.async_connect(address, [this, generation = generation_](const error_code& failed) {
        if (generation != generation_) return;
        if (failed) return on_connect_failed(failure::connection, error_text(failed));
        if (net::is_self_connected(socket_.native_handle()))
            return on_connect_failed(failure::connection, error_text(asio::error::connection_refused));
        on_connected();
    });
}

void connection::on_connected() {
    stage_ = stage::opening_tunnel;
    owner_.on_opened(*base_);
    wait();
    if (base_->proxy_request.empty()) return start_tls();
    parser_.begin(true);
    write(base_->proxy_request);
}

void connection::start_tls() {
    if (!base_->tls) return on_established();
    stage_ = stage::handshaking;
    records_.clear();
    if (loop_.tap != nullptr) settings_.tls->log_keys(*loop_.tap);
    tls_.emplace(*settings_.tls, base_->url.host);
    tls_->start(records_);
    on_handshake();
}

void connection::on_handshake() {
    const auto generation = generation_;
    const bool ended = tls_->closed() || tls_->error();
    const auto error = tls_->closed() ? net::tls_failure{.text = "tls: ended by the API"} : tls_->describe_error();
    const bool established = tls_->established();
    write_records(); // also after a failure: sends the TLS alert; a failed write ends tls_
    if (ended) return on_connect_failed(kind_of(error), error.text);
    if (established && generation_ == generation) on_established();
}

void connection::on_established() {
    stage_ = stage::open;
    base_->unavailable_until = {};
    if (loop_.tap != nullptr) {
        error_code ignored; // the connection has ended; its next read or write fails
        tapped_ = {socket_.local_endpoint(ignored), socket_.remote_endpoint(ignored), net::byte_tap::protocol::http};
        loop_.tap->on_opened(*tapped_, loop_.now());
    }
    write_request();
}

/// Without the bytes of TLS, and those to open a tunnel.
void connection::tap(bool sent, std::string_view bytes) {
    if (loop_.tap != nullptr && tapped_) loop_.tap->on_text(*tapped_, sent, bytes, loop_.now());
}

/// No part of the request was sent yet: tries the next base.
void connection::on_connect_failed(failure why, std::string_view reason) {
    drop();
    auto* const other = owner_.fail_over(*base_);
    if (other == nullptr || bases_left_ == 1) return fail(why, reason);
    --bases_left_;
    request_.retarget(other->request_route);
    connect_to(*other);
}

void connection::write_request() {
    parser_.begin(request_.is_head());
    owner_.on_sent(token_, ++tries_, loop_.now());
    tap(true, request_.bytes());
    if (!tls_) return write(request_.bytes());
    tls_->send(mqtt::as_bytes(request_.bytes()), records_);
    if (tls_->error()) {
        const auto failed = tls_->describe_error();
        return post_failure(kind_of(failed), failed.text);
    }
    write_records();
}

void connection::write(std::string_view bytes) {
    outgoing_ = bytes;
    error_code error;
    written_ = socket_.write_some(asio::buffer(outgoing_), error);
    if (error && error != asio::error::would_block) return post_failure(failure::connection, error_text(error));
    if (written_ < outgoing_.size()) write_rest();
}

void connection::write_rest() {
    writing_ = true;
    asio::async_write(socket_, asio::buffer(outgoing_) + written_,
                      [this, generation = generation_](const error_code& failed, std::size_t size) {
                          if (generation != generation_) return;
                          if (failed) return fail(failure::connection, error_text(failed));
                          writing_ = false;
                          written_ += size;
                          if (tls_) write_records();
                      });
}

/// Sends pending records, unless a write is in progress, which calls this again at its end.
void connection::write_records() {
    if (writing_ || records_.empty()) return;
    written_records_.clear();
    std::swap(records_, written_records_);
    write(mqtt::as_text(written_records_));
}

/// Always pending while connected: an idle connection that becomes readable was closed by the server.
void connection::wait() {
    socket_.async_wait(net::tcp_socket::wait_read, [this, generation = generation_](const error_code& failed) {
        if (generation == generation_) on_readable(failed);
    });
}

void connection::on_readable(error_code error) {
    if (!busy_) return on_idle_readable();
    const auto generation = generation_;
    if (!error) error = tls_ ? read_records() : read_plaintext();
    if (generation_ != generation) return; // failed and handled meanwhile
    if (error && stage_ == stage::open) return fail(kind_of(error), error_text(error));
    if (error) return on_connect_failed(kind_of(error), error_text(error));
    if (stage_ == stage::open && parser_.done()) return on_response_complete();
    wait(); // one read per event: waiting again re-arms the edge, so unread data triggers the next event
    if (stage_ == stage::opening_tunnel && parser_.done()) on_tunnel_response();
}

error_code connection::read_plaintext() {
    error_code error;
    const auto size = socket_.read_some(asio::buffer(loop_.read_buffer), error);
    if (error == asio::error::would_block) return {};
    if (error == asio::error::eof) {
        error = {};
        parser_.put_eof(error);
        return error;
    }
    if (error) return error;
    return parse(mqtt::as_text(mqtt::byte_view(loop_.read_buffer).first(size)));
}

error_code connection::parse(std::string_view plain) {
    error_code error;
    tap(false, plain);
    parser_.feed(plain, error);
    return error;
}

error_code connection::read_records() {
    error_code error;
    const auto size = socket_.read_some(asio::buffer(loop_.read_buffer), error);
    if (error == asio::error::would_block) return {};
    if (error == asio::error::eof) return beast::http::error::partial_message; // no close_notify: truncated
    if (error) return error;
    const net::lent_buffer plain(loop_.plain_buffer);
    tls_->receive(mqtt::byte_view(loop_.read_buffer).first(size), *plain, records_);
    if (stage_ == stage::handshaking) on_handshake();
    if (stage_ != stage::open) return {};
    if (!plain->empty()) error = parse(mqtt::as_text(*plain));
    if (tls_->error()) {
        const auto failed = tls_->describe_error(); // ends with the connection
        fail(kind_of(failed), failed.text);
        return {};
    }
    if (!error && tls_->closed() && !parser_.done()) parser_.put_eof(error);
    write_records();
    return error;
}

void connection::on_tunnel_response() {
    if (parser_.status() / 100 != 2)
        return on_connect_failed(failure::connection, fmt::format("the proxy answers {}", parser_.status()));
    if (!parser_.unread().empty()) return on_connect_failed(failure::connection, "the proxy sends more than it should");
    start_tls();
}

/// An idle connection was closed, or received unsolicited data: it is not reused. With TLS the data may be session tickets,
/// which are accepted.
void connection::on_idle_readable() {
    if (!tls_) return drop();
    error_code error;
    const auto size = socket_.read_some(asio::buffer(loop_.read_buffer), error);
    if (error && error != asio::error::would_block) return drop();
    const net::lent_buffer plain(loop_.plain_buffer);
    tls_->receive(mqtt::byte_view(loop_.read_buffer).first(size), *plain, records_);
    if (!plain->empty() || tls_->closed() || tls_->error()) return drop();
    write_records();
    if (stage_ == stage::open) wait();
}

void connection::on_response_complete() {
    const bool keep = parser_.keep_alive() && parser_.unread().empty() && !writing_ && written_ == outgoing_.size() &&
                      !(tls_ && tls_->closed());
    // The connection must be ready before the event, since the owner may use it at once.
    if (keep)
        wait();
    else
        drop();
    busy_ = false;
    owner_.on_response(*this, token_,
                       {.status = parser_.status(),
                        .body = parser_.body(),
                        .error = {},
                        .headers = parser_.headers(),
                        .tries = tries_});
}

std::string connection::error_text(const error_code& failed) const {
    auto text = parser_.describe(failed);
    return text.empty() ? failed.message() : text;
}

void connection::fail(failure why, std::string_view reason) {
    static const header_list none;
    drop();
    busy_ = false;
    owner_.on_response(*this, token_,
                       {.status = 0, .body = {}, .error = reason, .headers = none, .tries = tries_, .why = why});
}

/// Reports the failure of an exchange asynchronously: a handler that sends again at once would recurse without end.
void connection::post_failure(failure why, std::string reason) {
    drop();
    if (!busy_) return; // an idle connection
    asio::post(loop_.io(), [this, why, reason = std::move(reason), generation = generation_] {
        if (generation == generation_) fail(why, reason);
    });
}

void connection::on_timer(monotonic_time now) {
    if (!busy_) return;
    if (now < timer_due()) return loop_.arm(*this, timer_due());
    if (now < deadline_) return on_connect_failed(failure::connection, "no connection in time");
    const bool was_open = stage_ == stage::open;
    owner_.on_timed_out();
    if (timeouts_++ == settings_.retries)
        return fail(failure::connection, was_open ? "no response in time" : "no connection in time");
    drop();
    if (auto* const other = was_open ? nullptr : owner_.fail_over(*base_)) {
        request_.retarget(other->request_route);
        base_ = other;
    }
    begin_try();
}

void connection::drop() {
    ++generation_;
    error_code ignored; // the descriptor is freed even on an error
    socket_.close(ignored);
    tls_.reset();
    if (tapped_ && loop_.tap != nullptr) loop_.tap->on_closed(*tapped_, loop_.now());
    tapped_.reset();
    writing_ = false;
    if (stage_ > stage::connecting) owner_.on_closed();
    stage_ = stage::closed;
}

void connection::close() {
    disarm();
    busy_ = false;
    drop();
}

} // namespace loadsim::http
