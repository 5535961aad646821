#include <loadsim/net/refusal.hpp>

#include <loadsim/mqtt/packet.hpp>
#include <loadsim/net/error.hpp>
#include <loadsim/net/server_list.hpp>

#include <fmt/format.h>

#include <cstdint>

namespace loadsim::net {

std::string describe(mqtt::reason r, std::string_view server_reference) {
    auto text = fmt::format("{} (0x{:02X})", mqtt::to_string(r), static_cast<unsigned>(r));
    if (!server_reference.empty()) text += fmt::format(", at {}", server_reference);
    return text;
}

std::string advice_on(mqtt::reason r, const session_keys& keys, mqtt::version protocol,
                      std::string_view server_reference) {
    using enum mqtt::reason;
    switch (r) {
    case unsupported_protocol_version:
        if (keys.version.empty()) return "MQTT 5.0 is needed here: use a broker that supports it";
        return fmt::format("it does not support MQTT {}: set {} to {}",
                           protocol == mqtt::version::v5_0 ? "5.0" : "3.1.1", keys.version,
                           protocol == mqtt::version::v5_0 ? "3.1.1" : "5.0");
    case client_identifier_not_valid:
        return keys.client_id.empty()
                   ? "allow this client id in the broker's rules"
                   : fmt::format(
                         "change {}: the broker has rules for client ids, and every broker takes 1 to 23 letters "
                         "and digits",
                         keys.client_id);
    case bad_user_name_or_password: return fmt::format("check {}", keys.credentials);
    case not_authorized: return fmt::format("check {} and the broker's access rules", keys.credentials);
    case banned: return "the broker has a ban on this client or address: lift it there";
    case bad_authentication_method:
        return "it wants enhanced authentication (AUTH), which loadsim does not have: let it take a user and a "
               "password";
    case server_unavailable:
    case server_busy: return "see the broker's log, and try again when it is less busy";
    case quota_exceeded: return "raise the broker's limit of connections";
    case connection_rate_exceeded: return "lower fleet.connectRate, or raise the broker's limit";
    case packet_too_large:
        return keys.will.empty() ? "raise the broker's maximum packet size"
                                 : fmt::format("shorten {}, or raise the broker's maximum packet size", keys.will);
    case retain_not_supported:
        return keys.will.empty() ? "the session retains nothing: see the broker's log"
                                 : fmt::format("set {}.retain to false", keys.will);
    case qos_not_supported:
        return keys.will.empty() ? "the session sends nothing above QoS 0 in CONNECT: see the broker's log"
                                 : fmt::format("lower {}.qos", keys.will);
    case use_another_server:
    case server_moved:
        return server_reference.empty()
                   ? "it does not name that server: give another broker as target.broker"
                   : fmt::format("give the server that it names, {}, as target.broker", server_reference);
    default: return "see the broker's log";
    }
}

std::string start_error(const start_failure& f, const session_keys& keys) {
    if (!f.unsupported.empty()) return f.unsupported;
    if (!f.tls.empty()) return fmt::format("{} has no TLS session with {}: {}", f.session, to_string(f.broker), f.tls);
    if (f.filter.empty() && f.why == mqtt::errc::connack_timeout)
        return fmt::format("the broker does not answer {}; see whether it is an MQTT broker, and its log", f.session);
    if (f.filter.empty() && ended_by_broker(f.why))
        return fmt::format("the broker {} refuses the session of {}, client id '{}' ({}); {}", to_string(f.broker),
                           f.session, f.client_id, describe(f.reason, f.server_reference),
                           advice_on(f.reason, keys, f.protocol, f.server_reference));
    if (f.filter.empty())
        return fmt::format(
            "{} cannot connect ({}); check that the broker runs{}, and {} if it wants them", f.session, f.why.message(),
            !f.uses_tls && ends_connection(f.why) ? ", without TLS on this port (else write mqtts://)" : "",
            keys.credentials);
    if (f.why == mqtt::errc::invalid_argument)
        return fmt::format("{} cannot subscribe to {}: {}", f.session, f.filter, f.why.message());
    if (f.why)
        return fmt::format("the broker closes the connection at {}'s subscription to {} ({}); see its log", f.session,
                           f.filter, f.why.message());
    return fmt::format("the broker refuses {}'s subscription to {} ({}); {}", f.session, f.filter, describe(f.reason),
                       advice_on_subscription(f.reason));
}

std::string_view advice_on_subscription(mqtt::reason r) noexcept {
    using enum mqtt::reason;
    switch (r) {
    case quota_exceeded: return "raise the broker's limit of subscriptions";
    case topic_filter_invalid: return "the broker has rules for filters: see its log";
    case packet_identifier_in_use:
    case implementation_specific_error: return "see the broker's log";
    default: return "check the broker's access rules";
    }
}

bool ends_connection(std::error_code why) noexcept {
    return why == errc::closed_by_peer || why == std::errc::connection_reset || why == std::errc::broken_pipe;
}

bool is_refusal(mqtt::reason r) noexcept { return static_cast<std::uint8_t>(r) >= 0x80; }

bool ended_by_broker(std::error_code why) noexcept {
    return why == mqtt::errc::connect_refused || why == mqtt::errc::server_disconnected ||
           why == mqtt::errc::use_another_server;
}

std::string qos_limit(mqtt::qos supported, mqtt::qos wanted, std::string_view what, std::string_view key) {
    return fmt::format(
        "the broker's highest QoS is {}: {} are sent with that and not with {}, so some may be lost; set {} "
        "to {}, or use a broker with QoS {}",
        static_cast<int>(supported), what, static_cast<int>(wanted), key, static_cast<int>(supported),
        static_cast<int>(wanted));
}

std::string retain_limit(std::string_view what, std::string_view key) {
    return fmt::format(
        "the broker does not retain messages: {} are sent, and not kept; set {} to false, or use a broker "
        "that retains",
        what, key);
}

std::string packet_limit(std::size_t limit, std::size_t size, std::string_view what, std::string_view key) {
    return fmt::format("the broker takes packets of at most {} bytes, and {} has {}; shorten {}, or raise the broker's "
                       "maximum packet size",
                       limit, what, size, key);
}

std::string granted_limit(std::string_view filter, mqtt::qos granted, mqtt::qos wanted) {
    return fmt::format(
        "the broker grants the subscription to {} QoS {} and not {}, so messages may be lost or come twice; "
        "use a broker with QoS {}",
        filter, static_cast<int>(granted), static_cast<int>(wanted), static_cast<int>(wanted));
}

std::string refused_subscription(std::string_view filter, std::string_view why, mqtt::reason reason) {
    return fmt::format("after a reconnect the broker refuses the subscription to {} ({}), so messages are missed; {}",
                       filter, why, advice_on_subscription(reason));
}

std::size_t packet_size(const mqtt::message& m, mqtt::version protocol) {
    mqtt::bytes packet;
    return encode(m, m.quality == mqtt::qos::at_most_once ? std::uint16_t{0} : std::uint16_t{1}, protocol, packet)
               ? packet.size()
               : 0;
}

} // namespace loadsim::net
