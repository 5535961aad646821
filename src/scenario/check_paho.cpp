// Checks of `client: paho`: what Eclipse Paho cannot do is refused, so that nothing is compared that was not done.
#include "check.hpp"

#include "telemetry/compiled_telemetry.hpp"

#include <loadsim/net/url.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace loadsim::scenario {
namespace {

constexpr std::uint32_t paho_vehicles_max = 500;
constexpr std::string_view own_instead = "; leave it out, or write client: own";

/// Options of TLS that Paho has no option for.
void check_paho_tls(const net::tls_options& o, const std::string& path, problems& all) {
    const net::tls_options by_default;
    const std::array<std::pair<bool, std::string_view>, 7> given{
        {{!o.pkcs12.empty(), "pkcs12"},
         {!o.server_name.empty(), "serverName"},
         {o.min_version != by_default.min_version, "minVersion"},
         {o.max_version != by_default.max_version, "maxVersion"},
         {!o.ciphers.empty(), "ciphers"},
         {!o.groups.empty(), "groups"},
         {o.resumption != by_default.resumption, "resumption"}}};
    for (const auto& [is_given, key] : given)
        if (is_given) all.add(fmt::format("{}.{}", path, key), fmt::format("Paho has no option for it{}", own_instead));
}

bool uses_paho(const observer::options& o) {
    const auto* mqtt = std::get_if<observer::mqtt_options>(&o);
    return mqtt != nullptr && mqtt->client == mqtt::client_kind::paho;
}

/// A step, of these and their branches, that a vehicle through Paho cannot do; empty: none.
std::string_view step_beyond_paho(const std::vector<vehicle::step>& steps) {
    for (const auto& s : steps) {
        using kind = vehicle::step::kind;
        if (s.type == kind::takeover) return "connects a second client (takeover)";
        if (s.type == kind::stall) return "stops reading (stall)";
        if (s.type == kind::disconnect && s.disconnect == vehicle::disconnect_kind::abrupt)
            return "resets its connection (disconnect: abrupt)";
        if (s.type == kind::disconnect && s.disconnect == vehicle::disconnect_kind::half_open)
            return "abandons its connection (disconnect: half-open)";
        for (const auto& b : s.branches)
            if (const auto found = step_beyond_paho(b.steps); !found.empty()) return found;
    }
    return {};
}

/// Behaviours in use: the built-in ones are always defined.
void check_paho_behaviours(const scenario_config& config, problems& all) {
    for (std::size_t i = 0; i < config.fleet.segments.size(); ++i) {
        const auto& name = config.fleet.segments[i].behaviour;
        const auto found = std::ranges::find(config.behaviours, name, &vehicle::behaviour::name);
        if (found == config.behaviours.end()) continue; // reported by check_fleet()
        const auto refuse = [&](std::string_view what) {
            all.add(fmt::format("fleet.segments[{}].behaviour", i),
                    fmt::format("'{}' {}; use another behaviour, or write fleet.client: own", name, what));
        };
        if (const auto what = step_beyond_paho(found->steps); !what.empty())
            refuse(fmt::format("{}, which a vehicle with client: paho cannot do", what));
        if (found->credentials && found->credentials->certificate != certificate::certificate_fault::none)
            refuse("has a faulty certificate, which Paho does not present");
        if (found->asleep && config.fleet.mqtt.session.protocol == mqtt::version::v3_1_1)
            refuse("sleeps, and with Paho and MQTT 3.1.1 it would continue the session of an earlier run");
    }
}

void check_paho_conditions(const scenario_config& config, problems& all) {
    for (std::size_t i = 0; i < config.conditions.size(); ++i) {
        using enum vehicle::condition::kind;
        const auto type = config.conditions[i].type;
        if (type == lossy || type == outage || type == power_on || type == spike) continue; // not of the connection
        all.add(fmt::format("conditions[{}].{}", i, to_string(type)),
                "it acts on the vehicles' connections, which Paho keeps to itself; remove it, or write fleet.client: "
                "own");
    }
}

void check_paho_sessions(const fleet::mqtt_options& o, problems& all) {
    const mqtt::session_options by_default;
    if (o.session.protocol == mqtt::version::v3_1_1 && !o.session.clean_start)
        all.add("fleet.mqtt.cleanStart",
                "with client: paho and MQTT 3.1.1 a vehicle would continue the session of an earlier run; write true, "
                "use version 5.0, or write client: own");
    if (o.session.maximum_packet_size != by_default.maximum_packet_size)
        all.add("fleet.mqtt.maximumPacketSize", fmt::format("Paho accepts packets of any size{}", own_instead));
    if (o.session.queue_limit != by_default.queue_limit)
        all.add("fleet.mqtt.queueLimit", fmt::format("Paho queues without a limit{}", own_instead));
}

} // namespace

void check_paho(const scenario_config& config, problems& all) {
    const auto& f = config.fleet;
    if (std::ranges::any_of(config.load.observers, uses_paho) &&
        std::ranges::any_of(brokers_of(config.target), net::uses_tls)) // target.tls is that of an API, too
        check_paho_tls(config.target.tls, "target.tls", all);
    if (f.client != mqtt::client_kind::paho) return;
    if (f.link == fleet::link_kind::broker_api)
        return all.add("fleet.client", "vehicles behind the broker's API have no MQTT client; leave it out");
    if (f.vehicles > paho_vehicles_max)
        all.add("fleet.vehicles", fmt::format("{} vehicles; with client: paho, which is for comparing, there can be {}",
                                              f.vehicles, paho_vehicles_max));
    const auto is_by_bytes = [](const measure::unit_price& p) {
        using enum measure::price_unit;
        return p.unit == gigabyte || p.unit == gigabyte_up || p.unit == gigabyte_down;
    };
    if (config.cost && std::ranges::any_of(config.cost->prices, is_by_bytes))
        all.add("cost.prices",
                "a price per GB needs the bytes of the vehicles' sessions, which Paho does not tell; leave "
                "it out, or write fleet.client: own");
    const bool has_handover = // which has source addresses by default, and is refused below
        std::ranges::count(config.conditions, vehicle::condition::kind::handover, &vehicle::condition::type) != 0;
    if (!f.source_addresses.empty() && !has_handover)
        all.add("fleet.sourceAddresses", fmt::format("Paho leaves the source address to the kernel{}", own_instead));
    check_paho_sessions(f.mqtt, all);
    check_paho_tls(f.tls.client, "fleet.tls", all);
    check_paho_behaviours(config, all);
    check_paho_conditions(config, all);
    if (!config.campaigns.empty())
        all.add("campaigns", "vehicles with fleet.client: paho subscribe to commands alone; remove them, or write "
                             "client: own");
    if (has_telemetry(config.fleet))
        all.add("fleet.telemetry", "vehicles with fleet.client: paho send responses and presence alone; remove it, "
                                   "or write client: own");
}

} // namespace loadsim::scenario
