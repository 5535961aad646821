// Outgoing messages and requests.
#include "session_state.hpp"

namespace loadsim::mqtt {
namespace {

bool valid(const message& m, version v) {
    if (!valid_topic_name(m.topic)) return false;
    if (v == version::v3_1_1) return true;
    for (const auto& [name, value] : m.user_properties)
        if (!valid_utf8(name) || !valid_utf8(value)) return false;
    return (m.response_topic.empty() || valid_topic_name(m.response_topic)) && valid_utf8(m.content_type);
}

} // namespace

session::published session::publish(const message& m, monotonic_time now, bytes& out) {
    if (phase_ != phase::connected) return {0, errc::not_connected};
    if (!valid(m, options_->protocol)) return {0, errc::invalid_argument};
    if (m.quality > maximum_qos_ || (m.retain && !retain_available_)) return {0, errc::refused_by_capability};

    const bool acknowledged = m.quality != qos::at_most_once;
    const bool wait =
        acknowledged && active_ && (active_->out.waiting() != 0 || active_->out.in_flight() >= receive_maximum_);
    if (wait && active_->out.waiting() >= options_->queue_limit) return {0, errc::queue_full};
    outgoing o;
    if (acknowledged) {
        const auto serial = next_packet_serial();
        if (!serial) return {0, errc::no_packet_identifier};
        o.serial = *serial;
    }

    const auto start = wait ? 0 : out.size();
    bytes& target = wait ? o.packet : out;
    if (!encode(m, acknowledged ? o.id() : std::uint16_t{0}, options_->protocol, target))
        return {0, errc::invalid_argument};
    if (!within_server_limit(target.size() - start)) {
        target.resize(start);
        return {0, errc::refused_by_capability};
    }
    if (!wait) last_sent_ = now;
    if (!acknowledged) return {};

    const auto id = o.id();
    o.awaits = m.quality == qos::at_least_once ? outgoing::step::puback : outgoing::step::pubrec;
    o.waiting = wait;
    if (!wait && resumable_) o.packet.assign(out.begin() + static_cast<std::ptrdiff_t>(start), out.end());
    next_serial_ = o.serial + 1;
    ensure_active().out.push(std::move(o));
    return {id, {}};
}

session::published session::subscribe(std::span<const subscription> filters, monotonic_time now, bytes& out) {
    for (const auto& s : filters) {
        const bool shared_no_local = s.no_local && s.filter.starts_with("$share/"); // MQTT-3.8.3-4
        if (!valid_topic_filter(s.filter) || s.retain_handling > 2 || shared_no_local)
            return {0, errc::invalid_argument};
    }
    return request(false, filters.size(), now, out,
                   [&](std::uint16_t id) { return encode_subscribe(id, filters, {}, options_->protocol, out); });
}

session::published session::unsubscribe(std::span<const std::string_view> filters, monotonic_time now, bytes& out) {
    for (const auto filter : filters)
        if (!valid_topic_filter(filter)) return {0, errc::invalid_argument};
    return request(true, filters.size(), now, out,
                   [&](std::uint16_t id) { return encode_unsubscribe(id, filters, {}, options_->protocol, out); });
}

template <class Encode>
session::published session::request(bool unsubscribes, std::size_t filters, monotonic_time now, bytes& out,
                                    const Encode& encode_with) {
    if (phase_ != phase::connected) return {0, errc::not_connected};
    if (filters == 0 || filters > 65'535) return {0, errc::invalid_argument};
    const auto serial = next_packet_serial();
    if (!serial) return {0, errc::no_packet_identifier};
    outgoing o{.serial = *serial,
               .filters = static_cast<std::uint16_t>(filters),
               .awaits = unsubscribes ? outgoing::step::unsuback : outgoing::step::suback};
    const auto start = out.size();
    const auto id = o.id();
    if (!encode_with(id)) return {0, errc::invalid_argument};
    if (!within_server_limit(out.size() - start)) {
        out.resize(start);
        return {0, errc::refused_by_capability};
    }
    last_sent_ = now;
    next_serial_ = o.serial + 1;
    ensure_active().out.push(std::move(o));
    return {id, {}};
}

/// 2.2.1: an unused identifier. Allocated round robin, so that a late acknowledgement does not match a new message.
std::optional<std::uint64_t> session::next_packet_serial() {
    if (!active_) return next_serial_;
    auto& box = active_->out;
    if (box.size() >= 65'535) return std::nullopt;
    auto serial = next_serial_;
    while (box.find(packet_id_of(serial)) != nullptr) ++serial;
    return serial;
}

void session::send_waiting(monotonic_time now, bytes& out) {
    if (!active_) return;
    auto& box = active_->out;
    while (box.in_flight() < receive_maximum_) {
        auto* o = box.first_waiting();
        if (o == nullptr) return;
        send(*o, now, out);
    }
}

void session::send(outgoing& o, monotonic_time now, bytes& out) {
    const auto start = out.size();
    out.insert(out.end(), o.packet.begin(), o.packet.end());
    if (o.sent_before) out[start] |= 0x08; // DUP, MQTT-3.3.1-1
    if (!resumable_) o.packet = bytes{};
    active_->out.mark_sent(o);
    last_sent_ = now;
}

} // namespace loadsim::mqtt
