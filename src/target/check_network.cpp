#include "checks.hpp"
#include "cost.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace loadsim::target {
namespace {

constexpr std::uint64_t ports_max = 65'535 - 1'024 + 1; ///< of the widest range without the well-known ports

/// Above it reconnects run out of ports: a closed connection holds its port for a minute in TIME_WAIT.
constexpr unsigned ports_tight_above_percent = 90;
/// The kernel tries every second port first: with those in use, each connect searches all ports.
constexpr unsigned ports_slow_above_percent = 50;

constexpr std::uint64_t mosquitto_backlog = 100; // hard-coded in mosquitto's call of listen()

constexpr std::uint64_t ceil_div(std::uint64_t whole, std::uint64_t by) { return whole / by + (whole % by != 0); }

/// Smallest block of loopback addresses with at least this many host addresses.
std::string loopback_block(std::uint64_t addresses) {
    unsigned bits = 2;
    while ((std::uint64_t{1} << bits) - 2 < addresses) ++bits;
    return fmt::format("127.1.0.0/{}", 32 - bits);
}

remedy more_sources(const resource_requirements& n, std::uint64_t addresses_needed) {
    constexpr std::uint64_t block_size_max = 65'534;
    auto what = fmt::format("spread the sessions over {} source addresses", addresses_needed);
    if (n.local_broker && addresses_needed <= block_size_max)
        return {std::move(what), "",
                fmt::format("--set 'fleet.sourceAddresses=[{}]'", loopback_block(addresses_needed))};
    return {fmt::format("give this machine {} addresses and name them in fleet.sourceAddresses", addresses_needed), "",
            ""};
}

} // namespace

check check_source_ports(const resource_requirements& n, const machine_resources& machine) {
    const auto tight_above_percent =
        machine.slow_above_half_of_ports ? ports_slow_above_percent : ports_tight_above_percent;
    const auto needed = connections_per_broker(n);
    const auto sources = std::max<std::uint64_t>(1, n.sources);
    const auto available = machine.source_ports ? std::optional(*machine.source_ports * sources) : std::nullopt;
    check c{.name = "source ports",
            .needed = number_text(needed),
            .available = number_text(available),
            .scope = fmt::format("from {} to {} broker",
                                 sources == 1 ? std::string("one address") : fmt::format("{} addresses", sources),
                                 n.own_broker && n.placement.ranks > 1 ? "each" : "the"),
            .status = status_of(needed, available, tight_above_percent),
            .remedies = {}};
    if (c.status == check_status::unknown)
        c.remedies.push_back(unreadable_file("/proc/sys/net/ipv4/ip_local_port_range"));
    if (c.status != check_status::not_enough && c.status != check_status::tight) return c;
    const auto ports = std::max<std::uint64_t>(1, *machine.source_ports) * tight_above_percent / 100;
    if (const auto ranks = n.own_broker ? required_ranks(n, machine) : std::nullopt;
        ranks && *ranks > n.placement.ranks && ceil_div(n.sessions, *ranks) + n.connections_fixed <= ports * sources) {
        c.remedies.push_back(
            {fmt::format("spread the fleet over {} processes", *ranks), "", fmt::format("--ranks {}", *ranks)});
        return c;
    }
    c.remedies.push_back(more_sources(n, ceil_div(needed, std::max<std::uint64_t>(1, ports))));
    if (*machine.source_ports < ports_max) {
        const auto sources_needed = ceil_div(needed, ports_max * tight_above_percent / 100);
        auto what = fmt::format("widen the range to {} ports, as root", ports_max);
        if (sources_needed > sources) what += fmt::format(" ({} source addresses are then enough)", sources_needed);
        c.remedies.push_back({std::move(what), "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"", ""});
    }
    const auto all = *machine.source_ports * sources;
    const auto fixed = n.connections_fixed * (n.own_broker ? 1 : n.placement.local_ranks);
    c.remedies.push_back(fewer_vehicles((all - std::min(all, fixed)) * (n.own_broker ? n.placement.ranks : 1)));
    return c;
}

check check_listen_backlog(const resource_requirements& n, const machine_resources& machine) {
    check c{.name = "listen backlog",
            .needed = number_text(n.connects_in_flight),
            .available = number_text({}),
            .scope = "connects in flight, at the broker; how many it holds is its own setting",
            .status = check_status::unknown,
            .remedies = {}};
    if (!n.own_broker) return c; // external broker
    auto backlog = mosquitto_backlog;
    if (machine.listen_backlog) backlog = std::min(backlog, *machine.listen_backlog);
    if (machine.syn_backlog) backlog = std::min(backlog, *machine.syn_backlog);
    c.available = number_text(backlog);
    c.scope = "connects in flight, at each mosquitto";
    c.status =
        n.connects_in_flight <= backlog ? check_status::enough : check_status::tight; // not an error: may be intended
    if (c.status == check_status::tight)
        c.remedies.push_back({"a SYN that it drops costs a second; unless you want that, bound the connects", "",
                              fmt::format("--set fleet.connectsInFlight={}", backlog)});
    return c;
}

check check_tcp_memory(const resource_requirements& n, const machine_resources& machine) {
    constexpr unsigned tight_above_percent = 80;
    // Idle sockets use no buffers: the requirement is one second of unread packets.
    const auto local_packets = n.sessions == 0 ? 0 : ceil_div(n.packets_per_second * local_sessions(n), n.sessions);
    const auto needed =
        (local_packets + n.connects_in_flight * n.placement.local_ranks) * cost::pages_per_packet * machine.page_size;
    const auto available = machine.tcp
                               ? std::optional(machine.tcp->limit - std::min(machine.tcp->limit, machine.tcp->used))
                               : std::nullopt;
    check c{.name = "TCP memory",
            .needed = memory_text(needed),
            .available = memory_text(available),
            .scope = "for a second of the load's packets",
            .status = status_of(needed, available, tight_above_percent),
            .remedies = {}};
    if (c.status == check_status::unknown) c.remedies.push_back(unreadable_file("/proc/sys/net/ipv4/tcp_mem"));
    if (c.status == check_status::tight || c.status == check_status::not_enough) {
        const auto pages = ceil_div((needed + machine.tcp->used) * 100 / tight_above_percent, machine.page_size);
        c.remedies.push_back({"raise the limit, as root",
                              fmt::format("sysctl -w net.ipv4.tcp_mem=\"{} {} {}\"", pages / 2, pages * 3 / 4, pages),
                              ""});
    }
    return c;
}

std::optional<check> check_conntrack(const resource_requirements& n, const machine_resources& machine) {
    if (!machine.conntrack) return {};
    const auto needed = local_sessions(n);
    const auto available = machine.conntrack->limit - std::min(machine.conntrack->limit, machine.conntrack->used);
    check c{.name = "conntrack",
            .needed = number_text(needed),
            .available = number_text(available),
            .scope = "connections in the firewall's table, if its rules track them",
            .status =
                needed <= available ? check_status::enough : check_status::tight, // not an error: often no rule tracks
            .remedies = {}};
    if (c.status == check_status::tight)
        c.remedies.push_back(
            {"raise the limit, as root",
             fmt::format("sysctl -w net.netfilter.nf_conntrack_max={}", machine.conntrack->used + needed * 2), ""});
    return c;
}

} // namespace loadsim::target
