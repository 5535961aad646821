// Checks of the preflight, one function per resource. All pure.
#include <loadsim/target/preflight.hpp>

#include "cost.hpp"

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

namespace loadsim::target {
namespace {

/// "28232", "unlimited", "unknown".
std::string number_text(std::optional<std::uint64_t> n) {
    constexpr std::uint64_t all_but_infinite = 1'000'000'000'000'000; // "no limit" has several representations
    if (!n) return "unknown";
    return *n >= all_but_infinite ? "unlimited" : std::to_string(*n);
}

std::string memory_text(std::optional<std::uint64_t> bytes) { return bytes ? format_memory(*bytes) : "unknown"; }

std::string rate_text(double per_second) { return fmt::format("{:.{}f}/s", per_second, per_second < 10 ? 1 : 0); }

/// Status of `needed` against `available`; tight above `tight_above_percent` of it.
check_status status_of(std::uint64_t needed, std::optional<std::uint64_t> available,
                       unsigned tight_above_percent = 100) {
    if (!available) return check_status::unknown;
    if (needed > *available) return check_status::not_enough;
    return needed > *available / 100 * tight_above_percent + *available % 100 * tight_above_percent / 100
               ? check_status::tight
               : check_status::enough;
}

/// Remedy text of an unknown value: names the file that cannot be read.
remedy unreadable_file(std::string file) {
    return {std::move(file) + " cannot be read, so this is not checked", "", ""};
}

/// Remedy of last resort; 0: even the smallest fleet is too large.
remedy fewer_vehicles(std::uint64_t vehicles_max) {
    if (vehicles_max == 0) return {"lower fleet.vehicles, and what else the scenario opens", "", ""};
    return {"lower fleet.vehicles", "", fmt::format("--set fleet.vehicles={}", vehicles_max)};
}

remedy raise_limit(std::uint64_t needed, const machine_resources& machine) {
    auto command = fmt::format("ulimit -Hn {}", needed);
    if (machine.open_files_max && needed > *machine.open_files_max)
        command = fmt::format("sysctl -w fs.nr_open={} && ", needed) + command;
    return {"raise the limit, as root and in the shell that starts it", command, ""};
}

check check_open_files(const resource_requirements& n, const machine_resources& machine) {
    const auto needed = std::max(files_per_rank(n), files_per_broker(n));
    check c{.name = "open files",
            .needed = number_text(needed),
            .available = number_text(machine.open_files),
            .scope = n.own_broker ? "in each process, and in its mosquitto" : "in each process",
            .status = status_of(needed, machine.open_files),
            .remedies = {}};
    if (c.status == check_status::unknown) c.remedies.push_back(unreadable_file("the limit of this process"));
    if (c.status != check_status::not_enough) return c;
    if (const auto ranks = required_ranks(n, machine)) {
        auto spread = n;
        spread.placement = {*ranks, *ranks};
        // More processes need more memory; without free memory they are no remedy.
        if (!machine.memory_free || local_memory(spread) <= *machine.memory_free)
            c.remedies.push_back(
                {fmt::format("spread the fleet over {} processes", *ranks), "", fmt::format("--ranks {}", *ranks)});
    }
    c.remedies.push_back(raise_limit(needed, machine));
    const auto fixed = needed - sessions_per_rank(n);
    const auto vehicles_max = *machine.open_files > fixed ? (*machine.open_files - fixed) * n.placement.ranks : 0;
    c.remedies.push_back(fewer_vehicles(vehicles_max));
    return c;
}

check check_files_of_all(const resource_requirements& n, const machine_resources& machine) {
    const auto needed = std::uint64_t{n.placement.local_ranks} * (files_per_rank(n) + files_per_broker(n));
    check c{.name = "files of all",
            .needed = number_text(needed),
            .available = number_text(machine.files_free),
            .scope = "in all processes of this machine",
            .status = status_of(needed, machine.files_free),
            .remedies = {}};
    if (c.status == check_status::unknown) c.remedies.push_back(unreadable_file("/proc/sys/fs/file-max"));
    if (c.status == check_status::not_enough)
        c.remedies.push_back(
            {"raise the system's limit, as root", fmt::format("sysctl -w fs.file-max={}", needed * 2), ""});
    return c;
}

constexpr unsigned memory_tight_above_percent = 80;

/// Largest fleet within the comfortable share of `memory`, with the given rank placement.
std::uint64_t largest_fleet(resource_requirements n, std::uint64_t memory) {
    const auto room = memory / 100 * memory_tight_above_percent;
    std::uint64_t fits = 0;
    for (std::uint64_t too_many = n.sessions; fits + 1 < too_many;) {
        n.sessions = fits + (too_many - fits) / 2;
        (local_memory(n) <= room ? fits : too_many) = n.sessions;
    }
    return fits;
}

check check_memory(const resource_requirements& n, const machine_resources& machine) {
    const auto needed = local_memory(n);
    check c{.name = "memory",
            .needed = memory_text(needed),
            .available = memory_text(machine.memory_free),
            .scope = n.own_broker     ? "with the kernel's and each mosquitto's"
                     : n.local_broker ? "with the kernel's; the broker's own comes on top"
                                      : "with the kernel's",
            .status = status_of(needed, machine.memory_free, memory_tight_above_percent),
            .remedies = {}};
    if (machine.memory_limited_by_cgroup) c.scope += "; the control group's limit";
    if (c.status == check_status::unknown) c.remedies.push_back(unreadable_file("MemAvailable in /proc/meminfo"));
    if (c.status != check_status::not_enough && c.status != check_status::tight) return c;
    const auto vehicles_max = largest_fleet(n, *machine.memory_free);
    if (vehicles_max != 0)
        c.remedies.push_back({fmt::format("spread the ranks over {} machines like this one (mpirun with a host file)",
                                          (local_sessions(n) + vehicles_max - 1) / vehicles_max),
                              "", ""});
    c.remedies.push_back(fewer_vehicles(vehicles_max));
    return c;
}

constexpr std::uint64_t ports_max = 65'535 - 1'024 + 1; ///< of the widest range without the well-known ports

/// Above it reconnects run out of ports: a closed connection holds its port for a minute in TIME_WAIT.
constexpr unsigned ports_tight_above_percent = 90;
/// The kernel tries every second port first: with those in use, each connect searches all ports.
constexpr unsigned ports_slow_above_percent = 50;

constexpr std::uint64_t mosquitto_backlog = 100; // hard-coded in mosquitto's call of listen()

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

/// Never stops a run: connects above the rate wait, if fleet.fleetConnectTimeout allows it. Empty: no TLS.
std::optional<check> check_handshakes(const resource_requirements& n, const machine_resources& machine) {
    if (!n.tls) return {};
    const auto needed = local_connects_per_second(n);
    const auto available = handshakes_per_second_max(n, machine);
    check c{.name = "TLS handshakes",
            .needed = rate_text(needed),
            .available = available ? rate_text(*available) : number_text({}),
            .scope = n.local_broker ? "full ones; this machine's cores pay for both ends"
                                    : "full ones; the broker pays as much CPU time",
            .status = !available             ? check_status::unknown
                      : needed <= *available ? check_status::enough
                                             : check_status::tight,
            .remedies = {}};
    if (available)
        c.scope += fmt::format("; connecting takes {} at least",
                               format_duration(std::chrono::ceil<std::chrono::seconds>(connect_time_min(n, machine))));
    if (c.status == check_status::tight) {
        const auto of_fleet = *available * n.connects_per_second / needed;
        c.remedies.push_back(
            {"connect at the rate that the cores allow; the default of fleet.fleetConnectTimeout follows from it", "",
             fmt::format("--set fleet.connectRate={:.0f}", std::floor(of_fleet))});
        c.remedies.push_back({"spread the ranks over more machines", "", ""});
    }
    return c;
}

/// Empty: the kernel has no connection tracking.
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

} // namespace

std::string_view to_string(check_status f) {
    switch (f) {
    case check_status::enough: return "enough";
    case check_status::tight: return "tight";
    case check_status::not_enough: return "not enough";
    case check_status::unknown: break;
    }
    return "unknown";
}

std::string check::sentence() const {
    const auto there =
        status == check_status::unknown ? "what is there is unknown" : fmt::format("{} are there", available);
    auto text = fmt::format("{} are needed ({}) and {}", needed, scope, there);
    const char* separator = "; ";
    for (const auto& r : remedies) {
        text += std::exchange(separator, ", or ") + r.description;
        if (const auto& to_run = r.command.empty() ? r.flags : r.command; !to_run.empty())
            text += fmt::format(" ({})", to_run);
    }
    return text;
}

std::vector<check> assess(const resource_requirements& n, const machine_resources& machine) {
    std::vector<check> all{check_open_files(n, machine),   check_files_of_all(n, machine),
                           check_source_ports(n, machine), check_memory(n, machine),
                           check_tcp_memory(n, machine),   check_listen_backlog(n, machine)};
    if (auto handshakes = check_handshakes(n, machine)) all.push_back(std::move(*handshakes));
    if (auto tracked = check_conntrack(n, machine)) all.push_back(std::move(*tracked));
    return all;
}

result<std::vector<std::string>> preflight(const resource_requirements& n, const machine_resources& machine) {
    problems wrong;
    std::vector<std::string> warnings;
    for (const auto& c : assess(n, machine)) {
        if (c.status == check_status::not_enough) wrong.add(c.name, c.sentence());
        // Checks without a remedy are reported by `loadsim doctor` only.
        else if (c.status != check_status::enough && !c.remedies.empty())
            warnings.push_back(c.name + ": " + c.sentence());
    }
    if (!wrong.empty()) return wrong;
    return warnings;
}

} // namespace loadsim::target
