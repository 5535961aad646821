// Handling of acknowledgements: PUBACK, PUBREC, PUBCOMP, SUBACK, UNSUBACK.
//
// An acknowledgement that the message with its identifier does not expect is a protocol error, with one exception: some servers
// (RabbitMQ 3.10) acknowledge QoS 2 with PUBACK. An acknowledgement of an unknown identifier is ignored: PUBACK and PUBCOMP may
// arrive twice after a resumed session has resent a packet.
#include "session_state.hpp"

#include <boost/container/small_vector.hpp>

namespace loadsim::mqtt {

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
    if (downgraded) t.events.on_downgraded(*this, p.packet_id);
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
