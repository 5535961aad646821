// CONNACK (3.2): what the server grants, and what becomes of the session that was.
#include "session_state.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::mqtt {

std::error_code session::on_connack(const frame& f, turn& t) {
    connack_packet p;
    if (const auto bad = decode(f, options_->protocol, p); bad != reason::success) return fail(bad, t.out);
    if (p.code != reason::success) {
        note_refusal(p.code, p.props);
        phase_ = phase::closed; // the server closes; there is nobody to tell
        const bool elsewhere = p.code == reason::use_another_server || p.code == reason::server_moved;
        return elsewhere ? errc::use_another_server : errc::connect_refused;
    }
    // MQTT-3.2.2-2: none after a clean start; MQTT-3.2.2-4: none that we do not know of
    if (p.session_present && !resumable_) {
        clean_next_ = true;
        return fail(errc::unexpected_session, reason::protocol_error, t.out);
    }
    // MQTT-4.12.0-6: we named no method
    if (p.props.find(property::authentication_method)) return fail(reason::protocol_error, t.out);

    server_limits limits;
    limits.session_present = p.session_present;
    adopt_limits(p.props, limits);
    clean_next_ = false;
    phase_ = phase::connected;
    inbound_open_ = 0; // 4.9: not preserved across connections
    end_old_session(p.session_present, t);
    if (phase_ == phase::connected) t.events.on_connected(*this, limits);
    return {};
}

void session::adopt_limits(const properties& props, server_limits& limits) {
    const bool v5 = options_->protocol == version::v5_0;
    if (v5) limits.session_expiry = options_->session_expiry;
    for (auto rest = props.raw(); const auto p = take_property(rest);) {
        switch (p->id) {
        case property::session_expiry_interval: // 3.2.2.3.2: the server's word wins
            limits.session_expiry = std::chrono::seconds{p->number};
            break;
        case property::receive_maximum: limits.receive_maximum = static_cast<std::uint16_t>(p->number); break;
        case property::maximum_qos: limits.maximum_qos = static_cast<qos>(p->number); break;
        case property::retain_available: limits.retain_available = p->number != 0; break;
        case property::maximum_packet_size: limits.maximum_packet_size = p->number; break;
        case property::server_keep_alive: keep_alive_s_ = static_cast<std::uint16_t>(p->number); break; // MQTT-3.2.2-21
        case property::assigned_client_identifier: limits.assigned_client_id = p->text; break;
        case property::topic_alias_maximum: limits.topic_alias_maximum = static_cast<std::uint16_t>(p->number); break;
        case property::wildcard_subscription_available: limits.wildcard_subscriptions = p->number != 0; break;
        case property::shared_subscription_available: limits.shared_subscriptions = p->number != 0; break;
        case property::subscription_identifier_available: limits.subscription_identifiers = p->number != 0; break;
        default: break; // nothing that binds us
        }
    }
    limits.keep_alive = std::chrono::seconds{keep_alive_s_};
    // With clean start at every connect, what outlives the connection at the server is never resumed.
    const bool outlives = v5 ? limits.session_expiry.count() > 0 : !clean_sent_;
    resumable_ = outlives && !options_->clean_start;
    receive_maximum_ = limits.receive_maximum;
    packet_size_limit_ = limits.maximum_packet_size;
    maximum_qos_ = limits.maximum_qos;
    retain_available_ = limits.retain_available;
}

/// The server has the session: resend. It has not (3.2.2.1.1): ours is void too, and its messages are reported, for
/// nothing is dropped silently.
void session::end_old_session(bool present, turn& t) {
    if (present) return resume(t);
    if (!more_) return;
    auto lost = std::exchange(more_->out, outbox{});
    more_->unreleased.clear();
    forget_finished();
    for (const auto& o : lost.all())
        if (phase_ == phase::connected) t.events.on_published(*this, o.id(), reason::unspecified_error);
}

/// 4.4, 4.6: unacknowledged PUBLISH and PUBREL again, in the old order, before anything new. The only time of resending.
void session::resume(turn& t) {
    if (!more_) return;
    auto& box = more_->out;
    box.await_resend();
    std::vector<std::pair<std::uint16_t, reason>> refused;
    for (const auto& o : box.all())
        if (const auto why = forbidden(o)) refused.emplace_back(o.id(), *why);
    for (const auto& r : refused) box.erase(box.find(r.first));

    for (auto& o : box.all()) {
        if (o.awaits == outgoing::step::pubcomp) {
            (void)encode(ack_packet{.type = packet_type::pubrel, .packet_id = o.id()}, options_->protocol, t.out);
            last_sent_ = t.now;
        } else if (box.in_flight() < receive_maximum_) {
            send(o, t.now, t.out);
        }
    }
    forget_finished();
    for (const auto& [id, why] : refused)
        if (phase_ == phase::connected) t.events.on_published(*this, id, why);
}

/// The server may allow less than it did when the message was taken on.
std::optional<reason> session::forbidden(const outgoing& o) const {
    if (!o.waiting) return std::nullopt;
    if (!fits_server(o.packet.size())) return reason::packet_too_large;
    const auto flags = o.packet.front();
    if ((flags >> 1 & 3) > static_cast<int>(maximum_qos_)) return reason::qos_not_supported;
    if ((flags & 1) != 0 && !retain_available_) return reason::retain_not_supported;
    return std::nullopt;
}

reason refusal_of(const server_limits& limits, std::string_view filter) noexcept {
    if (!limits.shared_subscriptions && filter.starts_with("$share/"))
        return reason::shared_subscriptions_not_supported;
    if (!limits.wildcard_subscriptions && filter.find_first_of("+#") != std::string_view::npos)
        return reason::wildcard_subscriptions_not_supported;
    return reason::success;
}

} // namespace loadsim::mqtt
