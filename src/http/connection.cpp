#include "connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <fmt/format.h>

#include <utility>

namespace loadsim::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

std::string trouble_of(const error_code& failed) {
    if (failed == beast::http::error::end_of_stream) return "connection closed by the API";
    return failed.message();
}

} // namespace

connection::connection(net::loop& loop, connection_owner& owner, const settings& s, std::size_t home)
    : loop_(loop), owner_(owner), settings_(s), socket_(loop.io().get_executor()), reader_(s.keep_headers),
      home_(home) {}

connection::~connection() = default;

void connection::exchange(std::uint64_t token, const request& r, base& to) {
    busy_ = true;
    token_ = token;
    tries_ = 0;
    timeouts_ = 0;
    if (stage_ == stage::open && to_ != &to) drop();
    to_ = &to;
    request_.make(r, to.way);
    begin_try();
}

void connection::begin_try() {
    deadline_ = loop_.now() + settings_.timeout;
    bases_left_ = settings_.bases;
    if (stage_ == stage::open) {
        // Deadlines only grow: a timer that is still armed for an earlier one fires before this one's and is put off then.
        if (!armed()) loop_.arm(*this, deadline_);
        return write_request();
    }
    go_to(*to_);
}

void connection::go_to(base& where) {
    to_ = &where;
    address_ = where.good;
    addresses_left_ = where.addresses.size();
    connect();
}

void connection::connect() {
    stage_ = stage::connecting;
    // Who does not even answer a SYN must leave time for the others.
    const auto now = loop_.now();
    stands_by_ = now + (deadline_ - now) / static_cast<std::int64_t>(addresses_left_ + bases_left_ - 1);
    loop_.arm(*this, stands_by_);
    const auto& address = to_->addresses[address_];
    error_code error;
    if (socket_.open(address.protocol(), error); !error) socket_.non_blocking(true, error);
    if (!error) socket_.set_option(asio::ip::tcp::no_delay(true), error);
    if (error) return fail_later(trouble_of(error));
    socket_.async_connect(address, [this, connection = connection_](const error_code& failed) {
        if (connection != connection_) return;
        if (failed) return goes_wrong(trouble_of(failed));
        connected();
    });
}

void connection::connected() {
    stage_ = stage::tunnelling;
    owner_.on_opened();
    wait();
    if (to_->connect.empty()) return secure();
    reader_.begin(true);
    write(to_->connect);
}

void connection::secure() {
    if (!to_->tls) return established();
    stage_ = stage::shaking;
    tls_.emplace(*settings_.tls, to_->url.host);
    shake_on();
}

void connection::shake_on() {
    const auto state = tls_->shake();
    write_cipher(); // also when it has failed: the other side is told why
    if (state == tls_session::state::failed)
        return goes_wrong(tls_->ended() ? "tls: ended by the API" : std::string(tls_->trouble()));
    if (state == tls_session::state::done) established();
}

void connection::established() {
    stage_ = stage::open;
    to_->good = address_;
    to_->away_until = {};
    write_request();
}

/// Nothing of the request was sent yet: there may be another address, or another base.
void connection::goes_wrong(std::string_view trouble) {
    drop();
    if (--addresses_left_ > 0) {
        address_ = (address_ + 1) % to_->addresses.size();
        return connect();
    }
    auto* const other = owner_.instead_of(*to_);
    if (other == nullptr || bases_left_ == 1) return fail(trouble);
    --bases_left_;
    request_.turn_to(other->way);
    go_to(*other);
}

void connection::write_request() {
    reader_.begin(request_.is_head());
    owner_.on_sent(token_, ++tries_, loop_.now());
    if (!tls_) return write(request_.bytes());
    tls_->write(request_.bytes());
    if (!tls_->trouble().empty()) return fail_later(tls_->trouble());
    write_cipher();
}

void connection::write(std::string_view bytes) {
    outgoing_ = bytes;
    error_code error;
    written_ = socket_.write_some(asio::buffer(outgoing_), error);
    if (error && error != asio::error::would_block) return fail_later(trouble_of(error));
    if (written_ < outgoing_.size()) write_rest();
}

void connection::write_rest() {
    writing_ = true;
    asio::async_write(socket_, asio::buffer(outgoing_) + written_,
                      [this, connection = connection_](const error_code& failed, std::size_t size) {
                          if (connection != connection_) return;
                          if (failed) return fail(trouble_of(failed));
                          writing_ = false;
                          written_ += size;
                          if (tls_) write_cipher();
                      });
}

/// What TLS has to say, unless it is still saying something: then that comes after it.
void connection::write_cipher() {
    if (writing_) return;
    cipher_.clear();
    tls_->give(cipher_);
    if (!cipher_.empty()) write(cipher_);
}

/// Always pending while the connection stands: an idle one that becomes readable has been closed by the server.
void connection::wait() {
    socket_.async_wait(net::tcp_socket::wait_read, [this, connection = connection_](const error_code& failed) {
        if (connection == connection_) readable(failed);
    });
}

void connection::readable(error_code error) {
    if (!busy_) return idle_readable();
    const auto here = connection_;
    if (!error) error = tls_ ? read_cipher() : read_plain();
    if (connection_ != here) return; // it went wrong on the way, and that has been seen to
    if (error) return stage_ == stage::open ? fail(trouble_of(error)) : goes_wrong(trouble_of(error));
    if (stage_ == stage::open && reader_.done()) return answered();
    if (unread_.size() == unread_.max_size()) return fail(trouble_of(beast::http::error::buffer_overflow));
    wait(); // one read an event: waiting again re-arms the edge, so what is left in the socket brings the next one
    if (stage_ == stage::tunnelling && reader_.done()) through_the_proxy();
}

error_code connection::read_plain() {
    error_code error;
    const auto size = socket_.read_some(unread_.prepare(unread_.max_size() - unread_.size()), error);
    if (error == asio::error::would_block) return {};
    if (error == asio::error::eof) {
        error = {};
        reader_.end(error);
        return error;
    }
    if (error) return error;
    unread_.commit(size);
    return digest();
}

error_code connection::read_cipher() {
    error_code error;
    const auto size = socket_.read_some(asio::buffer(loop_.read_buffer), error);
    if (error == asio::error::would_block) return {};
    if (error == asio::error::eof) return beast::http::error::partial_message; // without TLS's good-bye: cut off
    if (error) return error;
    tls_->take({reinterpret_cast<const char*>(loop_.read_buffer.data()), size});
    if (stage_ == stage::shaking) shake_on();
    if (stage_ != stage::open) return {};
    error = decrypt();
    if (tls_->trouble().empty()) {
        write_cipher();
        return error;
    }
    fail(std::string(tls_->trouble()));
    return {};
}

/// All that TLS has by now, into the reader.
error_code connection::decrypt() {
    error_code error;
    while (!error && unread_.size() < unread_.max_size()) {
        const auto room = unread_.prepare(unread_.max_size() - unread_.size());
        const auto plain = tls_->read(static_cast<char*>(room.data()), room.size());
        if (plain == 0) break;
        unread_.commit(plain);
        error = digest();
    }
    if (!error && tls_->ended() && !reader_.done()) reader_.end(error);
    return error;
}

error_code connection::digest() {
    error_code error;
    if (reader_.done()) return error; // what is behind the answer stays unread, and the connection is not used again
    const auto bytes = unread_.cdata();
    unread_.consume(reader_.read({static_cast<const char*>(bytes.data()), bytes.size()}, error));
    return error;
}

void connection::through_the_proxy() {
    if (reader_.status() / 100 != 2) return goes_wrong(fmt::format("the proxy answers {}", reader_.status()));
    if (unread_.size() != 0) return goes_wrong("the proxy says more than it should");
    secure();
}

/// Somebody closes a connection that is kept, or says what nobody asked for: it must not get the next request. Of TLS there may
/// be news of the session's own (tickets).
void connection::idle_readable() {
    if (!tls_) return drop();
    error_code error;
    const auto size = socket_.read_some(asio::buffer(loop_.read_buffer), error);
    if (error && error != asio::error::would_block) return drop();
    tls_->take({reinterpret_cast<const char*>(loop_.read_buffer.data()), size});
    char unasked = 0;
    if (tls_->read(&unasked, 1) != 0 || tls_->ended() || !tls_->trouble().empty()) return drop();
    write_cipher();
    wait();
}

void connection::answered() {
    const bool keep = reader_.keep_alive() && unread_.size() == 0 && !writing_ && written_ == outgoing_.size() &&
                      !(tls_ && tls_->ended());
    // The connection is made ready before the owner is told, for it may use it at once.
    if (keep)
        wait();
    else
        drop();
    busy_ = false;
    owner_.on_answer(*this, token_,
                     {.status = reader_.status(),
                      .body = reader_.body(),
                      .trouble = {},
                      .headers = reader_.headers(),
                      .tries = tries_});
}

void connection::fail(std::string_view trouble, bool timed_out) {
    static const header_list none;
    drop();
    busy_ = false;
    owner_.on_answer(
        *this, token_,
        {.status = 0, .body = {}, .trouble = trouble, .headers = none, .tries = tries_, .timed_out = timed_out});
}

/// Told later: whoever asked may ask again at once, and would call itself without end.
void connection::fail_later(std::string trouble) {
    drop();
    asio::post(loop_.io(), [this, trouble = std::move(trouble), connection = connection_] {
        if (connection == connection_) fail(trouble);
    });
}

void connection::on_timer(monotonic_time now) {
    if (!busy_) return;
    if (now < timer_due()) return loop_.arm(*this, timer_due());
    if (now < deadline_) return goes_wrong("no connection in time");
    const bool was_open = stage_ == stage::open;
    owner_.on_timed_out();
    if (timeouts_++ == settings_.retries) return fail(was_open ? "no answer in time" : "no connection in time", true);
    drop();
    if (auto* const other = was_open ? nullptr : owner_.instead_of(*to_)) {
        request_.turn_to(other->way);
        to_ = other;
    }
    begin_try();
}

void connection::drop() {
    ++connection_;
    error_code ignored; // closing frees the descriptor whatever it says
    socket_.close(ignored);
    unread_.clear();
    tls_.reset();
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
