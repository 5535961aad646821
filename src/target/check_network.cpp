#include "checks.hpp"
#include "cost.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace loadsim::target {
namespace {

constexpr std::uint64_t ports_most = 65'535 - 1'024 + 1; ///< of the widest range that leaves the well-known ports alone

/// Above it reconnects run out of ports: those of closed connections rest a minute in TIME_WAIT.
constexpr unsigned ports_comfortable = 90;
/// The kernel tries every second port first: with those in use it looks at all of them for each connect.
constexpr unsigned ports_quick = 50;

constexpr std::uint64_t mosquitto_backlog = 100; // its own number, in the call of listen(); no setting changes it

constexpr std::uint64_t divided_up(std::uint64_t whole, std::uint64_t by) { return whole / by + (whole % by != 0); }

/// The smallest block of loopback addresses that has so many for hosts.
std::string loopback_block(std::uint64_t addresses) {
    unsigned bits = 2;
    while ((std::uint64_t{1} << bits) - 2 < addresses) ++bits;
    return fmt::format("127.1.0.0/{}", 32 - bits);
}

remedy more_sources(const needs& n, std::uint64_t wanted) {
    constexpr std::uint64_t most_of_block = 65'534;
    auto what = fmt::format("spread the sessions over {} source addresses", wanted);
    if (n.broker_here && wanted <= most_of_block)
        return {std::move(what), "", fmt::format("--set 'fleet.sourceAddresses=[{}]'", loopback_block(wanted))};
    return {fmt::format("give this machine {} addresses and name them in fleet.sourceAddresses", wanted), "", ""};
}

} // namespace

check check_source_ports(const needs& n, const machine& has) {
    const auto comfortable = has.half_the_ports_are_slow ? ports_quick : ports_comfortable;
    const auto needed = connections_to_one_broker(n);
    const auto sources = std::max<std::uint64_t>(1, n.sources);
    const auto available = has.source_ports ? std::optional(*has.source_ports * sources) : std::nullopt;
    check c{.name = "source ports",
            .needs = number_text(needed),
            .has = number_text(available),
            .of = fmt::format("from {} to {} broker",
                              sources == 1 ? std::string("one address") : fmt::format("{} addresses", sources),
                              n.own_broker && n.where.ranks > 1 ? "each" : "the"),
            .verdict = judge(needed, available, comfortable),
            .remedies = {}};
    if (c.verdict == fit::unknown) c.remedies.push_back(unreadable("/proc/sys/net/ipv4/ip_local_port_range"));
    if (c.verdict != fit::not_enough && c.verdict != fit::tight) return c;
    const auto ports = std::max<std::uint64_t>(1, *has.source_ports) * comfortable / 100;
    if (const auto ranks = n.own_broker ? ranks_that_fit(n, has) : std::nullopt;
        ranks && *ranks > n.where.ranks && divided_up(n.sessions, *ranks) + n.connections_fixed <= ports * sources) {
        c.remedies.push_back(
            {fmt::format("spread the fleet over {} processes", *ranks), "", fmt::format("--ranks {}", *ranks)});
        return c;
    }
    c.remedies.push_back(more_sources(n, divided_up(needed, std::max<std::uint64_t>(1, ports))));
    if (*has.source_ports < ports_most) {
        const auto still = divided_up(needed, ports_most * comfortable / 100);
        auto what = fmt::format("widen the range to {} ports, as root", ports_most);
        if (still > sources) what += fmt::format(" ({} source addresses are then enough)", still);
        c.remedies.push_back({std::move(what), "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"", ""});
    }
    const auto all = *has.source_ports * sources;
    const auto fixed = n.connections_fixed * (n.own_broker ? 1 : n.where.ranks_here);
    c.remedies.push_back(fewer_vehicles((all - std::min(all, fixed)) * (n.own_broker ? n.where.ranks : 1)));
    return c;
}

check check_listen_backlog(const needs& n, const machine& has) {
    check c{.name = "listen backlog",
            .needs = number_text(n.connects_in_flight),
            .has = number_text({}),
            .of = "connects in flight, at the broker; how many it holds is its own setting",
            .verdict = fit::unknown,
            .remedies = {}};
    if (!n.own_broker) return c; // somebody else's
    auto holds = mosquitto_backlog;
    if (has.listen_backlog) holds = std::min(holds, *has.listen_backlog);
    if (has.syn_backlog) holds = std::min(holds, *has.syn_backlog);
    c.has = number_text(holds);
    c.of = "connects in flight, at each mosquitto";
    c.verdict = n.connects_in_flight <= holds ? fit::enough : fit::tight; // on purpose is allowed
    if (c.verdict == fit::tight)
        c.remedies.push_back({"a SYN that it drops costs a second; unless you want that, bound the connects", "",
                              fmt::format("--set fleet.connectsInFlight={}", holds)});
    return c;
}

check check_tcp_memory(const needs& n, const machine& has) {
    constexpr unsigned comfortable = 80;
    // Idle sockets hold nothing: what counts is a second of the load that nobody reads.
    const auto here = n.sessions == 0 ? 0 : divided_up(n.packets_per_second * sessions_here(n), n.sessions);
    const auto needed = (here + n.connects_in_flight * n.where.ranks_here) * cost::pages_of_packet * has.page_size;
    const auto available =
        has.tcp ? std::optional(has.tcp->most - std::min(has.tcp->most, has.tcp->used)) : std::nullopt;
    check c{.name = "TCP memory",
            .needs = memory_text(needed),
            .has = memory_text(available),
            .of = "for a second of the load's packets",
            .verdict = judge(needed, available, comfortable),
            .remedies = {}};
    if (c.verdict == fit::unknown) c.remedies.push_back(unreadable("/proc/sys/net/ipv4/tcp_mem"));
    if (c.verdict == fit::tight || c.verdict == fit::not_enough) {
        const auto pages = divided_up((needed + has.tcp->used) * 100 / comfortable, has.page_size);
        c.remedies.push_back({"raise the limit, as root",
                              fmt::format("sysctl -w net.ipv4.tcp_mem=\"{} {} {}\"", pages / 2, pages * 3 / 4, pages),
                              ""});
    }
    return c;
}

std::optional<check> check_conntrack(const needs& n, const machine& has) {
    if (!has.conntrack) return {};
    const auto needed = sessions_here(n);
    const auto available = has.conntrack->most - std::min(has.conntrack->most, has.conntrack->used);
    check c{.name = "conntrack",
            .needs = number_text(needed),
            .has = number_text(available),
            .of = "connections in the firewall's table, if its rules track them",
            .verdict = needed <= available ? fit::enough : fit::tight, // many machines have it and no such rule
            .remedies = {}};
    if (c.verdict == fit::tight)
        c.remedies.push_back(
            {"raise the limit, as root",
             fmt::format("sysctl -w net.netfilter.nf_conntrack_max={}", has.conntrack->used + needed * 2), ""});
    return c;
}

} // namespace loadsim::target
