// Handling of inbound PUBLISH and PUBREL, and their acknowledgements.
#include "session_state.hpp"

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

} // namespace loadsim::mqtt
