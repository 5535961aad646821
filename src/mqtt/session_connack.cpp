// Handling of CONNACK (3.2): limits of the server, resumption or loss of the old session.
#include "session_state.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::mqtt {

std::error_code session::on_connack(const frame& f, receive_context& t) {
    connack_packet p;
    if (const auto bad = decode(f, options_->protocol, p); bad != reason::success) return fail(bad, t.out);
    if (p.code != reason::success) return end_by_server(p.code, p.props, errc::connect_refused);
    // MQTT-3.2.2-2: none after a clean start; MQTT-3.2.2-4: none that the client does not have
    if (p.session_present && !resumable_) {
        clean_next_ = !clean_sent_;
        return fail(clean_sent_ ? errc::unexpected_session : errc::stale_session, reason::protocol_error, t.out);
    }
    if (clean_next_) { // the server has discarded the stale session
        clean_next_ = false;
        close(reason::success, t.now, t.out, close_scope::session); // 5.0: the clean one would be kept, and be stale
        return errc::stale_session;
    }
    // MQTT-4.12.0-6: CONNECT had no authentication method
    if (p.props.find(property::authentication_method)) return fail(reason::protocol_error, t.out);

    server_limits limits;
    limits.session_present = p.session_present;
    adopt_limits(p.props, limits);
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
        case property::session_expiry_interval: // 3.2.2.3.2: the server's value applies
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
        default: break; // no limit for the client
        }
    }
    limits.keep_alive = std::chrono::seconds{keep_alive_s_};
    // With clean start at every connect, a session kept by the server is never resumed.
    const bool outlives = v5 ? limits.session_expiry.count() > 0 : !clean_sent_;
    resumable_ = outlives && !options_->clean_start;
    receive_maximum_ = limits.receive_maximum;
    packet_size_limit_ = limits.maximum_packet_size;
    maximum_qos_ = limits.maximum_qos;
    retain_available_ = limits.retain_available;
}

/// Resends if the server has the session. Otherwise (3.2.2.1.1) drops the client's session too and reports its messages as
/// failed.
void session::end_old_session(bool present, receive_context& t) {
    if (present) return resume(t);
    if (!active_) return;
    auto lost = std::exchange(active_->out, outbox{});
    active_->unreleased.clear();
    release_if_empty();
    for (const auto& o : lost.all())
        if (phase_ == phase::connected) t.events.on_published(*this, o.id(), reason::unspecified_error);
}

/// 4.4, 4.6: resends unacknowledged PUBLISH and PUBREL in the original order, before new messages. Nothing is resent later.
void session::resume(receive_context& t) {
    if (!active_) return;
    auto& box = active_->out;
    box.await_resend();
    std::vector<std::pair<std::uint16_t, reason>> refused;
    for (const auto& o : box.all())
        if (const auto why = resend_refusal(o)) refused.emplace_back(o.id(), *why);
    for (const auto& r : refused) box.erase(box.find(r.first));

    for (auto& o : box.all()) {
        if (o.awaits == outgoing::step::pubcomp) {
            (void)encode(ack_packet{.type = packet_type::pubrel, .packet_id = o.id()}, options_->protocol, t.out);
            last_sent_ = t.now;
        } else if (box.in_flight() < receive_maximum_) {
            send(o, t.now, t.out);
        }
    }
    release_if_empty();
    for (const auto& [id, why] : refused)
        if (phase_ == phase::connected) t.events.on_published(*this, id, why);
}

/// Checks a waiting message against the server's limits, which may have changed since publish().
std::optional<reason> session::resend_refusal(const outgoing& o) const {
    if (!o.waiting) return std::nullopt;
    if (!within_server_limit(o.packet.size())) return reason::packet_too_large;
    const auto flags = o.packet.front();
    if ((flags >> 1 & 3) > static_cast<int>(maximum_qos_)) return reason::qos_not_supported;
    if ((flags & 1) != 0 && !retain_available_) return reason::retain_not_supported;
    return std::nullopt;
}

reason subscription_refusal(const server_limits& limits, std::string_view filter) noexcept {
    if (!limits.shared_subscriptions && filter.starts_with("$share/"))
        return reason::shared_subscriptions_not_supported;
    if (!limits.wildcard_subscriptions && filter.find_first_of("+#") != std::string_view::npos)
        return reason::wildcard_subscriptions_not_supported;
    return reason::success;
}

} // namespace loadsim::mqtt
