#include "vehicle_rules.hpp"

#include <loadsim/net/refusal.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <algorithm>
#include <chrono>

namespace loadsim::fleet {
namespace {

/// First draw for delays of slow links, in the condition stream; disjoint from the draws that select affected vehicles.
constexpr std::uint64_t first_delay_draw = std::uint64_t{1} << 63U;

} // namespace

mqtt::session_options sleeper_session(mqtt::session_options session) {
    constexpr std::chrono::seconds expiry_min = std::chrono::hours{24};
    session.clean_start = false;
    session.session_expiry = std::max(session.session_expiry, expiry_min);
    return session;
}

contract::template_values template_values_of(const fleet_spec& spec, vehicle_id v) {
    const auto segment = spec.segments.segment_of(v);
    return {.index = index(v),
            .segment = spec.segment_names[segment],
            .data = spec.registry.row(v),
            .segment_variables = spec.segment_variables[segment]};
}

bool references_previous_request(const std::vector<vehicle::step>& steps) {
    return std::ranges::any_of(steps, [](const vehicle::step& s) {
        return (s.type == vehicle::step::kind::respond &&
                s.response.request == vehicle::response_step::correlation::previous) ||
               std::ranges::any_of(s.branches,
                                   [](const vehicle::branch& b) { return references_previous_request(b.steps); });
    });
}

std::string_view bearer_of(const vehicle::sleep& s) {
    return s.bearer == vehicle::sleep::wakeup_bearer::udp ? "udp" : "sms";
}

std::string_view describe(vehicle::disconnect_kind kind) {
    switch (kind) {
    case vehicle::disconnect_kind::clean: return "it disconnected";
    case vehicle::disconnect_kind::abrupt: return "it reset the connection";
    case vehicle::disconnect_kind::half_open: return "it went half-open";
    }
    return {};
}

bool applies_to_vehicle(const fleet_spec& spec, const vehicle::condition& c, vehicle_id v) {
    return vehicle::applies_to(c, spec.segment_names[spec.segments.segment_of(v)]);
}

bool powers_on_later(const fleet_spec& spec, vehicle_id v) {
    for (std::uint32_t i = 0; i < spec.conditions.size(); ++i) {
        const auto& c = spec.conditions[i];
        if (c.type == vehicle::condition::kind::power_on && applies_to_vehicle(spec, c, v) &&
            window_of(c, i, 0, spec.seed, v))
            return true;
    }
    return false;
}

bool is_response_lost(const fleet_spec& spec, const std::vector<std::uint32_t>& lossy, vehicle_id v,
                      std::uint32_t sequence) {
    if (lossy.empty()) return false;
    double arrives = 1;
    for (const auto which : lossy) arrives *= 1 - spec.conditions[which].loss.value;
    return random_unit(spec.seed, stream_id::publish_loss, index(v), sequence) >= arrives;
}

net::link_shaper::limits combined_link_shape(const fleet_spec& spec, const std::vector<std::uint32_t>& slow,
                                             vehicle_id v, std::uint64_t& drawn) {
    random_stream rng(spec.seed, stream_id::condition, index(v), first_delay_draw + drawn);
    net::link_shaper::limits all;
    double seconds_a_byte = 0;
    for (const auto which : slow) {
        const auto& one = spec.conditions[which];
        if (one.bytes_per_second > 0) seconds_a_byte += 1 / one.bytes_per_second;
        all.delay += sample(one.added_delay, rng);
    }
    drawn = rng.counter() - first_delay_draw;
    if (seconds_a_byte > 0) all.bytes_per_second = 1 / seconds_a_byte;
    return all;
}

bool is_permanent_refusal(mqtt::reason r, mqtt::qos will_qos, bool will_retained) {
    using enum mqtt::reason;
    switch (r) {
    case unsupported_protocol_version:
    case client_identifier_not_valid:
    case bad_user_name_or_password:
    case not_authorized:
    case banned:
    case bad_authentication_method:
    case packet_too_large: return true;
    case qos_not_supported: return will_qos == mqtt::qos::at_most_once;
    case retain_not_supported: return !will_retained;
    default: return false;
    }
}

session_end session_end_of(std::error_code why, mqtt::reason last) {
    using enum mqtt::reason;
    if (net::ends_connection(why)) return session_end::by_broker;
    if (why != mqtt::errc::server_disconnected) return session_end::by_vehicle;
    switch (last) {
    case unspecified_error:
    case malformed_packet:
    case protocol_error:
    case implementation_specific_error:
    case not_authorized:
    case topic_name_invalid:
    case packet_too_large:
    case quota_exceeded:
    case payload_format_invalid: return session_end::by_broker;
    default: return session_end::by_vehicle; // of the session, or of the broker as a whole
    }
}

nanoseconds start_of(const fleet_spec& spec, const measure::totals::occurrence_key& key) {
    return vehicle::start_of(spec.conditions[key.first], key.second);
}

} // namespace loadsim::fleet
