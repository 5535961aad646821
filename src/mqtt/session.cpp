// MQTT session: open, close, timer (keep alive, 3.1.2.10; wait for CONNACK) and common state.
#include "session_state.hpp"

#include <algorithm>

namespace loadsim::mqtt {
namespace {

constexpr std::uint32_t no_expiry = 0xFFFFFFFF; // 3.1.2.11.2

std::uint32_t expiry_seconds(const session_options& o) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(o.session_expiry.count(), 0, no_expiry));
}

std::uint16_t keep_alive_seconds(const session_options& o) {
    return static_cast<std::uint16_t>(std::clamp<std::int64_t>(o.keep_alive.count(), 0, 65'535));
}

/// Only values other than the defaults are sent.
property_block connect_properties(const session_options& o) {
    property_block props;
    if (const auto expiry = expiry_seconds(o); expiry != 0) props.add(property::session_expiry_interval, expiry);
    if (o.receive_maximum != 65'535 && o.receive_maximum != 0) props.add(property::receive_maximum, o.receive_maximum);
    if (o.maximum_packet_size != 0) props.add(property::maximum_packet_size, o.maximum_packet_size);
    return props;
}

bool encodable(const identity& client) {
    return valid_utf8(client.client_id) && valid_utf8(client.user) &&
           (!client.last_will || valid_topic_name(client.last_will->topic));
}

/// A live server responds within a round trip; ten seconds allow for poor radio coverage.
constexpr std::chrono::seconds pingresp_timeout{10};

} // namespace

session::session(const session_options& options) : options_(&options) {}
session::session(session&&) noexcept = default;
session& session::operator=(session&&) noexcept = default;
session::~session() = default;

session::phase session::state() const noexcept { return phase_; }
reason session::last_reason() const noexcept { return last_reason_; }

std::string_view session::server_reference() const noexcept {
    return active_ ? std::string_view(active_->server_reference) : std::string_view{};
}

std::size_t session::unacknowledged() const noexcept { return active_ ? active_->out.messages() : 0; }

std::uint32_t session::send_quota() const noexcept {
    if (phase_ != phase::connected) return 0;
    if (!active_) return receive_maximum_;
    const auto used = active_->out.waiting() != 0 ? receive_maximum_ : active_->out.in_flight();
    return used < receive_maximum_ ? receive_maximum_ - static_cast<std::uint32_t>(used) : 0;
}

void session::open(const identity& client, monotonic_time now, bytes& out) {
    transport_lost(); // of an earlier connection, if not called yet
    const bool nothing_to_resume = options_->protocol == version::v5_0 && !resumable_ && !options_->new_client_id;
    clean_sent_ = options_->clean_start || clean_next_ || nothing_to_resume;
    if (clean_sent_) resumable_ = false; // 3.1.2.4: both sides discard the old session
    if (!resumable_) drop_state();
    last_reason_ = reason::success;
    if (active_) active_->server_reference.clear();
    release_if_empty();
    if (!encodable(client)) return;

    connect_packet p{.protocol = options_->protocol,
                     .clean_start = clean_sent_,
                     .keep_alive = keep_alive_seconds(*options_),
                     .client_id = client.client_id};
    const auto props = connect_properties(*options_);
    property_block will_props;
    p.props = props.view();
    if (client.last_will) {
        const auto& w = *client.last_will;
        if (w.delay_interval != 0) will_props.add(property::will_delay_interval, w.delay_interval);
        p.will = connect_will{w.topic, w.payload, w.quality, w.retain, will_props.view()};
    }
    if (!client.user.empty()) p.user = client.user;
    if (!client.password.empty()) {
        p.password = client.password;
        // 3.1.1, MQTT-3.1.2-22: no password without a user name
        if (options_->protocol == version::v3_1_1 && !p.user) p.user = "";
    }
    if (!encode(p, out)) return;
    keep_alive_s_ = p.keep_alive;
    last_sent_ = now;
    reply_deadline_ = now + options_->connect_timeout;
    phase_ = phase::connecting;
}

void session::close(reason why, monotonic_time now, bytes& out, close_scope scope) {
    if (phase_ == phase::closed) return;
    phase_ = phase::closed;
    last_sent_ = now;
    if (scope == close_scope::session) resumable_ = false;
    // 3.1.1, 3.14.4: DISCONNECT discards the will, so none is sent if the will is wanted
    if (options_->protocol == version::v3_1_1 && why != reason::success) return;
    property_block props;
    if (scope == close_scope::session && expiry_seconds(*options_) != 0)
        props.add(property::session_expiry_interval, 0);
    (void)encode(disconnect_packet{.code = why, .props = props.view()}, options_->protocol, out);
}

void session::transport_lost() noexcept {
    phase_ = phase::closed;
    ping_pending_ = false;
    if (!active_) return;
    if (resumable_)
        active_->out.drop_requests();
    else
        drop_state();
    release_if_empty();
}

void session::discard(std::uint16_t packet_id) noexcept {
    if (!active_ || phase_ != phase::closed) return;
    if (auto* const o = active_->out.find(packet_id); o != nullptr) active_->out.erase(o);
    release_if_empty();
}

void session::drop_state() noexcept {
    if (!active_) return;
    active_->out = outbox{};
    active_->unreleased.clear();
}

void session::release_if_empty() noexcept {
    if (active_ && active_->empty()) active_.reset();
}

session::active_state& session::ensure_active() {
    if (!active_) active_ = std::make_unique<active_state>();
    return *active_;
}

/// Ends the session because of an error; 5.0 sends the reason to the server (4.13.1).
std::error_code session::fail(errc why, reason sent_reason, bytes& out) {
    if (options_->protocol == version::v5_0) (void)encode(disconnect_packet{.code = sent_reason}, version::v5_0, out);
    phase_ = phase::closed;
    return why;
}

std::error_code session::fail(reason decoded, bytes& out) {
    return fail(decoded == reason::malformed_packet ? errc::malformed_packet : errc::protocol_error, decoded, out);
}

bool session::within_server_limit(std::size_t packet_size) const noexcept {
    return packet_size_limit_ == 0 || packet_size <= packet_size_limit_;
}

monotonic_time session::next_deadline() const noexcept {
    if (phase_ == phase::closed) return never;
    if (phase_ == phase::connecting || ping_pending_) return reply_deadline_;
    return keep_alive_s_ != 0 ? last_sent_ + ping_interval(std::chrono::seconds{keep_alive_s_}) : never;
}

std::error_code session::on_timer(monotonic_time now, bytes& out) {
    if (now == never || now < next_deadline()) return {};
    if (phase_ == phase::connecting || ping_pending_) {
        // No DISCONNECT: the peer is unreachable, and the server should send the will.
        const auto why = phase_ == phase::connecting ? errc::connack_timeout : errc::keep_alive_timeout;
        phase_ = phase::closed;
        return why;
    }
    encode_pingreq(out);
    last_sent_ = now;
    ping_pending_ = true;
    reply_deadline_ = now + std::min<nanoseconds>(ping_interval(std::chrono::seconds{keep_alive_s_}), pingresp_timeout);
    return {};
}

} // namespace loadsim::mqtt
