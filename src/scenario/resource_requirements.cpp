#include <loadsim/scenario/resource_requirements.hpp>

#include <loadsim/backend/options.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/net/source_addresses.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cmath>

namespace loadsim::scenario {
namespace {

// Open files besides connections: standard streams, logs, reports, database, listeners, event loops. Generous.
constexpr std::uint64_t reserved_files = 128;

/// MQTT packets of one request, at most: command, three responses and event, each into and out of the broker, each with
/// an acknowledgement.
constexpr double packets_per_request = 20;

bool uses_embedded_backend(const scenario_config& d) {
    return d.load.driver == driver::kind::http && d.target.embedded && !d.target.api;
}

bool has_takeover(const std::vector<vehicle::step>& steps) {
    return std::ranges::any_of(steps, [](const vehicle::step& s) {
        return s.type == vehicle::step::kind::takeover ||
               std::ranges::any_of(s.branches, [](const auto& b) { return has_takeover(b.steps); });
    });
}

bool any_segment(const scenario_config& d, bool (*matches)(const vehicle::behaviour&)) {
    return std::ranges::any_of(d.behaviours, [&](const vehicle::behaviour& b) {
        return std::ranges::count(d.fleet.segments, b.name, &vehicle::segment::behaviour) != 0 && matches(b);
    });
}

/// Additional connections of vehicles during a takeover, or with an abandoned connection: at most connects_in_flight.
std::uint64_t second_connections(const scenario_config& d) {
    if (d.fleet.link != fleet::link_kind::mqtt) return 0;
    const bool abandons_connections = std::ranges::any_of(d.conditions, [](const vehicle::condition& c) {
        return c.type == vehicle::condition::kind::handover || c.type == vehicle::condition::kind::half_open;
    });
    const bool has_takeovers = any_segment(d, [](const vehicle::behaviour& b) { return has_takeover(b.steps); });
    return abandons_connections || has_takeovers ? std::min(d.fleet.connects_in_flight, d.fleet.vehicles) : 0;
}

/// Connections for commands (in) and responses (out) of the broker API. An embedded backend holds the other ends,
/// and uses fewer connections for commands.
std::uint64_t broker_api_files(const scenario_config& d) {
    if (d.fleet.link != fleet::link_kind::broker_api) return 0;
    const auto& broker_api = d.fleet.broker_api;
    if (!uses_embedded_backend(d)) return broker_api.connections + broker_api.inbound.connections;
    return 2 * (std::uint64_t{backend::broker_api_options{}.connections} + broker_api.inbound.connections);
}

std::uint64_t files_fixed(const scenario_config& d) {
    auto files = reserved_files + second_connections(d) + broker_api_files(d);
    // One UDP port and one SMS listener.
    if (any_segment(d, [](const vehicle::behaviour& b) { return b.asleep.has_value(); })) files += 2;
    if (d.load.driver != driver::kind::http) return files;
    // An embedded backend is in the rank's process: both ends of each connection are there.
    return files + d.load.http.connections * (uses_embedded_backend(d) ? 2U : 1U);
}

/// Broker connections besides the fleet's. http driver: two of the embedded backend, one of the observer. mqtt driver:
/// one per shard, of which there are at most eight by default.
std::uint64_t connections_fixed(const scenario_config& d) {
    if (!needs_a_broker(d)) return 0;
    return d.load.driver == driver::kind::mqtt ? 8 : uses_embedded_backend(d) ? 3 : 1;
}

double peak_rate(const scenario_config& d) {
    double peak = 0;
    for (const auto& p : phases_of(d)) {
        if (p.pause) continue;
        if (p.arrival_count)
            peak = std::max(peak, static_cast<double>(*p.arrival_count) / std::max(1.0, seconds(p.duration)));
        else
            peak = std::max({peak, p.arrival_rate.per_second, p.ramp_to ? p.ramp_to->per_second : 0});
    }
    return peak;
}

double ping_rate(const scenario_config& d) {
    if (d.fleet.link != fleet::link_kind::mqtt) return 0;
    const auto keep_alive = d.fleet.mqtt.session.keep_alive.count();
    return keep_alive > 0 ? 2.0 * d.fleet.vehicles / static_cast<double>(keep_alive) : 0;
}

/// Judged by the address alone, without a name lookup.
bool is_on_loopback(const net::endpoint& broker) {
    boost::system::error_code no_address;
    const auto address = boost::asio::ip::make_address(broker.host, no_address);
    return no_address ? broker.host == "localhost" : address.is_loopback();
}

} // namespace

loadsim::target::resource_requirements requirements_of(const scenario_config& d,
                                                       loadsim::target::rank_placement where) {
    loadsim::target::resource_requirements n;
    n.placement = where;
    // Vehicles that go offline connect first, too. Behind the broker API there are no sessions.
    n.sessions = d.fleet.link == fleet::link_kind::mqtt ? d.fleet.vehicles : 0;
    n.files_fixed = files_fixed(d);
    n.broker_files_fixed = reserved_files + second_connections(d);
    n.connections_fixed = connections_fixed(d) + second_connections(d);
    const bool needs_broker = needs_a_broker(d);
    n.own_broker = needs_broker && d.target.embedded && !d.target.broker;
    n.local_broker = n.own_broker || (needs_broker && d.target.broker && is_on_loopback(*d.target.broker));
    // read() has rejected invalid addresses; here they count as none.
    if (const auto sources = net::parse_source_addresses(d.fleet.source_addresses)) n.sources = sources->size();
    n.connects_in_flight = std::min<std::uint64_t>(d.fleet.connects_in_flight, d.fleet.vehicles);
    const auto packets = std::ceil(peak_rate(d) * packets_per_request + ping_rate(d));
    n.packets_per_second = static_cast<std::uint64_t>(std::min(packets, 1e15));
    return n;
}

} // namespace loadsim::scenario
