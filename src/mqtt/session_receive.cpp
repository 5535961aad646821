// Splits received bytes into packets and dispatches them.
#include "session_state.hpp"

namespace loadsim::mqtt {

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

void session::note_refusal(reason why, const properties& props) {
    last_reason_ = why;
    if (const auto reference = props.text(property::server_reference); reference && !reference->empty())
        ensure_active().server_reference = *reference;
}

std::error_code session::on_disconnect(const frame& f, receive_context& t) {
    // 3.1.1, 3.14: from client to server only
    if (options_->protocol == version::v3_1_1) return fail(reason::protocol_error, t.out);
    disconnect_packet p;
    if (const auto bad = decode(f, options_->protocol, p); bad != reason::success) return fail(bad, t.out);
    // 3.14.2.2.2: not allowed from the server
    if (p.props.find(property::session_expiry_interval)) return fail(reason::protocol_error, t.out);
    note_refusal(p.code, p.props);
    phase_ = phase::closed;
    const bool redirected = p.code == reason::use_another_server || p.code == reason::server_moved;
    return redirected ? errc::use_another_server : errc::server_disconnected;
}

} // namespace loadsim::mqtt
