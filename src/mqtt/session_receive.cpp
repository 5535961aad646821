// Handling of received packets; of CONNACK in session_connack.cpp.
//
// An acknowledgement that the message with its identifier does not expect is a protocol error, with one exception: some servers
// (RabbitMQ 3.10) acknowledge QoS 2 with PUBACK. An acknowledgement of an unknown identifier is ignored: PUBACK and PUBCOMP may
// arrive twice after a resumed session has resent a packet.
#include "session_state.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>

namespace loadsim::mqtt {
namespace {

message message_of(const publish_packet& p) {
    message m{.topic = p.topic,
              .payload = p.payload,
              .quality = p.quality,
              .retain = p.retain,
              .duplicate = p.duplicate,
              .raw_properties = p.props.raw()};
    for (auto rest = p.props.raw(); const auto prop = take_property(rest);) {
        switch (prop->id) {
        case property::response_topic: m.response_topic = prop->text; break;
        case property::correlation_data: m.correlation_data = prop->text; break;
        case property::content_type: m.content_type = prop->text; break;
        case property::message_expiry_interval: m.expiry_interval = prop->number; break;
        default: break;
        }
    }
    return m;
}

} // namespace

session::received session::receive(byte_view in, monotonic_time now, bytes& out, session_events& events) {
    received done;
    if (phase_ == phase::closed) {
        done.error = errc::not_connected;
        return done;
    }
    const std::size_t limit =
        options_->maximum_packet_size != 0 ? options_->maximum_packet_size : std::size_t{remaining_length_max} + 5;
    receive_context context{now, out, events};
    while (phase_ != phase::closed) {
        const auto rest = in.subspan(done.consumed);
        header h;
        const auto framed = read_header(rest, h);
        if (framed == framing::malformed) {
            done.error = fail(reason::malformed_packet, out);
            break;
        }
        if (framed == framing::incomplete) break;
        if (h.packet_size() > limit) { // before the body has arrived, which the owner would have to buffer
            done.error = fail(errc::packet_too_large, reason::packet_too_large, out);
            break;
        }
        if (rest.size() < h.packet_size()) break;
        done.consumed += h.packet_size();
        done.error = handle(frame(h, rest), context);
        if (done.error) break;
    }
    return done;
}

std::error_code session::handle(const frame& f, receive_context& t) {
    if (phase_ == phase::connecting) // 3.2: the first packet from the server is CONNACK
        return f.type == packet_type::connack ? on_connack(f, t) : fail(reason::protocol_error, t.out);
    switch (f.type) {
    case packet_type::publish: return on_publish(f, t);
    case packet_type::puback:
    case packet_type::pubrec:
    case packet_type::pubrel:
    case packet_type::pubcomp: return on_ack(f, t);
    case packet_type::suback:
    case packet_type::unsuback: return on_suback(f, t);
    case packet_type::disconnect: return on_disconnect(f, t);
    case packet_type::pingresp:
        if (const auto bad = decode_ping(f); bad != reason::success) return fail(bad, t.out);
        ping_pending_ = false;
        return {};
    // A second CONNACK, AUTH without an authentication method (4.12), or a packet sent by clients only.
    default: return fail(reason::protocol_error, t.out);
    }
}

/// The server refuses the connection or ends it, and closes it itself: no DISCONNECT is sent.
std::error_code session::end_by_server(reason why, const properties& props, errc otherwise) {
    last_reason_ = why;
    if (const auto reference = props.text(property::server_reference); reference && !reference->empty())
        ensure_active().server_reference = *reference;
    phase_ = phase::closed;
    return why == reason::use_another_server || why == reason::server_moved ? errc::use_another_server : otherwise;
}

std::error_code session::on_disconnect(const frame& f, receive_context& t) {
    // 3.1.1, 3.14: from client to server only
    if (options_->protocol == version::v3_1_1) return fail(reason::protocol_error, t.out);
    disconnect_packet p;
    if (const auto bad = decode(f, options_->protocol, p); bad != reason::success) return fail(bad, t.out);
    // 3.14.2.2.2: not allowed from the server
    if (p.props.find(property::session_expiry_interval)) return fail(reason::protocol_error, t.out);
    return end_by_server(p.code, p.props, errc::server_disconnected);
}

std::error_code session::on_publish(const frame& f, receive_context& t) {
    const auto v = options_->protocol;
    publish_packet p;
    if (const auto bad = decode(f, v, p); bad != reason::success) return fail(bad, t.out);
    // 3.1.2.11.5: CONNECT has no topic alias maximum, so aliases are not allowed
    if (!p.props.empty() && p.props.find(property::topic_alias)) return fail(reason::topic_alias_invalid, t.out);
    if (p.quality == qos::at_most_once) {
        t.events.on_message(*this, message_of(p));
        return {};
    }
    // 3.3.4: QoS 2 stays open, QoS 1 is acknowledged at once; neither is allowed above the receive maximum
    const auto allowed = options_->receive_maximum != 0 ? options_->receive_maximum : std::uint16_t{65'535};
    if (v == version::v5_0 && inbound_open_ >= allowed) return fail(reason::receive_maximum_exceeded, t.out);

    const bool once = p.quality == qos::exactly_once;
    const auto type = once ? packet_type::pubrec : packet_type::puback;
    (void)encode(ack_packet{.type = type, .packet_id = p.packet_id}, v, t.out);
    last_sent_ = t.now;
    if (once) {
        if (v == version::v5_0) ++inbound_open_;
        auto& ids = ensure_active().unreleased;
        const auto at = std::ranges::lower_bound(ids, p.packet_id);
        if (at != ids.end() && *at == p.packet_id) return {}; // 4.3.3: duplicate, acknowledge only
        ids.insert(at, p.packet_id);
    }
    t.events.on_message(*this, message_of(p));
    return {};
}

void session::on_pubrel(const ack_packet& p, receive_context& t) {
    ack_packet pubcomp{.type = packet_type::pubcomp, .packet_id = p.packet_id};
    bool known = false;
    if (active_) {
        auto& ids = active_->unreleased;
        const auto at = std::ranges::lower_bound(ids, p.packet_id);
        known = at != ids.end() && *at == p.packet_id;
        if (known) ids.erase(at);
        release_if_empty();
    }
    if (!known) pubcomp.code = reason::packet_identifier_not_found; // 3.7.2.1; not in 3.1.1
    (void)encode(pubcomp, options_->protocol, t.out);
    last_sent_ = t.now;
    if (inbound_open_ != 0) --inbound_open_; // 4.9: each PUBCOMP returns quota
}

std::error_code session::on_ack(const frame& f, receive_context& t) {
    ack_packet p;
    if (const auto bad = decode(f, options_->protocol, p); bad != reason::success) return fail(bad, t.out);
    if (p.type == packet_type::pubrel) {
        on_pubrel(p, t);
        return {};
    }
    auto* o = active_ ? active_->out.find(p.packet_id) : nullptr;
    if (o != nullptr && o->waiting) return fail(reason::protocol_error, t.out); // acknowledges an unsent packet
    if (p.type == packet_type::pubrec) return on_pubrec(p, o, t);
    if (o == nullptr) return {};
    const bool downgraded = p.type == packet_type::puback && o->awaits == outgoing::step::pubrec;
    const auto expected = p.type == packet_type::puback ? outgoing::step::puback : outgoing::step::pubcomp;
    if (o->awaits != expected && !downgraded) return fail(reason::protocol_error, t.out);
    if (downgraded) {
        t.events.on_downgraded(*this, p.packet_id);
        // The handler may have published, which moves the messages, or ended the session.
        o = active_ ? active_->out.find(p.packet_id) : nullptr;
        if (o == nullptr || phase_ != phase::connected) return {};
    }
    // 3.7.2.1: "not found" after a resent PUBREL means that the server had completed before the connection was lost
    const bool done_before =
        p.type == packet_type::pubcomp && p.code == reason::packet_identifier_not_found && o->sent_before;
    complete(o, done_before ? reason::success : p.code, t);
    return {};
}

std::error_code session::on_pubrec(const ack_packet& p, outgoing* o, receive_context& t) {
    ack_packet pubrel{.type = packet_type::pubrel, .packet_id = p.packet_id};
    const bool refused = static_cast<std::uint8_t>(p.code) >= 0x80;
    if (o == nullptr) {
        if (refused) return {};
        pubrel.code = reason::packet_identifier_not_found; // 3.6.2.1
    } else if (o->awaits == outgoing::step::pubrec) {
        if (refused) { // 4.3.3: ends here and frees the identifier
            complete(o, p.code, t);
            return {};
        }
        o->awaits = outgoing::step::pubcomp;
        o->packet = bytes{}; // 4.3.3: never PUBLISH again after PUBREC
    } else if (o->awaits != outgoing::step::pubcomp) {
        return fail(reason::protocol_error, t.out);
    }
    (void)encode(pubrel, options_->protocol, t.out);
    last_sent_ = t.now;
    return {};
}

/// Frees the identifier and sends the next waiting message before the event, since the handler may publish.
void session::complete(outgoing* o, reason why, receive_context& t) {
    const auto id = o->id();
    active_->out.erase(o);
    send_waiting(t.now, t.out);
    release_if_empty();
    t.events.on_published(*this, id, why);
}

std::error_code session::on_suback(const frame& f, receive_context& t) {
    suback_packet p;
    if (const auto bad = decode(f, options_->protocol, p); bad != reason::success) return fail(bad, t.out);
    auto* o = active_ ? active_->out.find(p.packet_id) : nullptr;
    const bool subscribed = p.type == packet_type::suback;
    // Requests end with their connection, so an unknown identifier is always an error.
    if (o == nullptr || o->awaits != (subscribed ? outgoing::step::suback : outgoing::step::unsuback))
        return fail(reason::protocol_error, t.out);
    const bool without_codes = !subscribed && options_->protocol == version::v3_1_1;
    if (!without_codes && p.codes.size() != o->filters) // MQTT-3.8.4-6, MQTT-3.11.3-1
        return fail(reason::protocol_error, t.out);
    active_->out.erase(o);
    release_if_empty();
    if (!subscribed) return {};
    boost::container::small_vector<reason, 16> codes;
    for (const auto code : p.codes) codes.push_back(static_cast<reason>(code));
    t.events.on_subscribed(*this, p.packet_id, {codes.data(), codes.size()});
    return {};
}

} // namespace loadsim::mqtt
