#include <loadsim/scenario/needs.hpp>

#include <loadsim/backend/options.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/net/sources.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cmath>

namespace loadsim::scenario {
namespace {

// Standard streams, logs and report files, the database, listeners, event loops, the observer: counted generously.
constexpr std::uint64_t reserve = 128;

/// Of a request, at most: the command, three answers and the event, each into the broker and out of it, each
/// acknowledged.
constexpr double packets_of_request = 20;

bool backend_is_ours(const document& d) {
    return d.load.driver == drive::kind::http && d.target.embedded && !d.target.api;
}

bool has_takeover(const std::vector<vehicle::step>& steps) {
    return std::ranges::any_of(steps, [](const vehicle::step& s) {
        return s.what == vehicle::step::kind::takeover ||
               std::ranges::any_of(s.branches, [](const auto& b) { return has_takeover(b.steps); });
    });
}

bool any_segment(const document& d, bool (*fits)(const vehicle::behaviour&)) {
    return std::ranges::any_of(d.behaviours, [&](const vehicle::behaviour& b) {
        return std::ranges::count(d.fleet.segments, b.name, &vehicle::segment::behaviour) != 0 && fits(b);
    });
}

/// A second connection of vehicles that have one, while the one is taken over or left behind: no more than connect at
/// once.
std::uint64_t second_connections(const document& d) {
    if (d.fleet.link != fleet::link_kind::mqtt) return 0;
    const bool left_behind = std::ranges::any_of(d.conditions, [](const vehicle::condition& c) {
        return c.what == vehicle::condition::kind::handover || c.what == vehicle::condition::kind::half_open;
    });
    const bool taken_over = any_segment(d, [](const vehicle::behaviour& b) { return has_takeover(b.steps); });
    return left_behind || taken_over ? std::min(d.fleet.connects_in_flight, d.fleet.vehicles) : 0;
}

/// Commands that come and words that go. An embedded backend has the other ends, and calls over fewer connections.
std::uint64_t files_of_broker_api(const document& d) {
    if (d.fleet.link != fleet::link_kind::broker_api) return 0;
    const auto& edge = d.fleet.broker_api;
    if (!backend_is_ours(d)) return edge.connections + edge.inbound.connections;
    return 2 * (std::uint64_t{backend::broker_api_options{}.connections} + edge.inbound.connections);
}

std::uint64_t files_fixed(const document& d) {
    auto files = reserve + second_connections(d) + files_of_broker_api(d);
    // A UDP port and a listener.
    if (any_segment(d, [](const vehicle::behaviour& b) { return b.asleep.has_value(); })) files += 2;
    if (d.load.driver != drive::kind::http) return files;
    // An embedded backend is in the rank's process: each connection has both its ends there.
    return files + d.load.http.connections * (backend_is_ours(d) ? 2U : 1U);
}

/// With the http driver the embedded backend has two and the observer one; with mqtt each shard has one, and by
/// default there are eight of them at most.
std::uint64_t connections_fixed(const document& d) {
    if (!needs_a_broker(d)) return 0;
    return d.load.driver == drive::kind::mqtt ? 8 : backend_is_ours(d) ? 3 : 1;
}

double rate_most(const document& d) {
    double most = 0;
    for (const auto& p : phases_of(d)) {
        if (p.pause) continue;
        if (p.arrival_count)
            most = std::max(most, static_cast<double>(*p.arrival_count) / std::max(1.0, seconds(p.duration)));
        else
            most = std::max({most, p.arrival_rate.per_second, p.ramp_to ? p.ramp_to->per_second : 0});
    }
    return most;
}

double pings(const document& d) {
    if (d.fleet.link != fleet::link_kind::mqtt) return 0;
    const auto keep_alive = d.fleet.mqtt.session.keep_alive.count();
    return keep_alive > 0 ? 2.0 * d.fleet.vehicles / static_cast<double>(keep_alive) : 0;
}

/// By its address alone: nothing is looked up, for this is static.
bool is_on_loopback(const net::endpoint& broker) {
    boost::system::error_code no_address;
    const auto address = boost::asio::ip::make_address(broker.host, no_address);
    return no_address ? broker.host == "localhost" : address.is_loopback();
}

} // namespace

loadsim::target::needs needs_of(const document& d, loadsim::target::placement where) {
    loadsim::target::needs n;
    n.where = where;
    // Those that are to be off line sign in too; behind the broker's API nobody does.
    n.sessions = d.fleet.link == fleet::link_kind::mqtt ? d.fleet.vehicles : 0;
    n.files_fixed = files_fixed(d);
    n.broker_files_fixed = reserve + second_connections(d);
    n.connections_fixed = connections_fixed(d) + second_connections(d);
    const bool needs_broker = needs_a_broker(d);
    n.own_broker = needs_broker && d.target.embedded && !d.target.broker;
    n.broker_here = n.own_broker || (needs_broker && d.target.broker && is_on_loopback(*d.target.broker));
    // What is no address has been refused by read(); here it counts for none.
    if (const auto sources = net::parse_sources(d.fleet.source_addresses)) n.sources = sources->size();
    n.connects_in_flight = std::min<std::uint64_t>(d.fleet.connects_in_flight, d.fleet.vehicles);
    const auto packets = std::ceil(rate_most(d) * packets_of_request + pings(d));
    n.packets_per_second = static_cast<std::uint64_t>(std::min(packets, 1e15));
    return n;
}

} // namespace loadsim::scenario
