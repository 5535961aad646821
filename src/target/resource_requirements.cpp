#include <loadsim/target/resource_requirements.hpp>

#include "cost.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/target/machine_resources.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace loadsim::target {
namespace {

std::uint64_t files_per_process(const resource_requirements& n) {
    return std::max(files_per_rank(n), files_per_broker(n));
}

} // namespace

std::uint64_t sessions_per_rank(const resource_requirements& n) {
    return ceil_div(n.sessions, std::max(1U, n.placement.ranks));
}

std::uint64_t local_sessions(const resource_requirements& n) {
    return std::min(n.sessions, sessions_per_rank(n) * n.placement.local_ranks);
}

std::uint64_t connections_per_broker(const resource_requirements& n) {
    return n.own_broker ? sessions_per_rank(n) + n.connections_fixed
                        : local_sessions(n) + n.connections_fixed * n.placement.local_ranks;
}

std::uint64_t files_per_rank(const resource_requirements& n) {
    return sessions_per_rank(n) + n.files_fixed + (n.placement.ranks > 1 ? cost::mpi_files : 0);
}

std::uint64_t files_per_broker(const resource_requirements& n) {
    return n.own_broker ? sessions_per_rank(n) + n.broker_files_fixed : 0;
}

std::uint64_t local_memory(const resource_requirements& n) {
    const auto session = cost::session + (n.tls ? cost::tls_session : 0) + cost::socket +
                         (n.local_broker ? cost::socket : 0) +
                         (n.own_broker ? cost::broker_session + (n.tls ? cost::broker_tls_session : 0) : 0);
    const auto rank = cost::rank + (n.placement.ranks > 1 ? cost::mpi_rank : 0) + (n.own_broker ? cost::broker : 0);
    return local_sessions(n) * session + n.placement.local_ranks * rank;
}

std::uint32_t default_shards(unsigned cores, bool of_several_ranks) {
    return of_several_ranks ? 1 : std::clamp(cores / 2, 1U, 8U);
}

double local_connects_per_second(const resource_requirements& n) {
    if (n.sessions == 0) return 0;
    return n.connects_per_second * static_cast<double>(local_sessions(n)) / static_cast<double>(n.sessions);
}

std::optional<double> handshakes_per_second_max(const resource_requirements& n, const machine_resources& machine) {
    if (!n.tls || machine.cores == 0) return {};
    auto threads = n.placement.local_ranks * default_shards(machine.cores, n.placement.ranks > 1);
    if (n.own_broker) threads = std::min(threads, n.placement.local_ranks);
    const double cores = n.local_broker ? machine.cores / 2.0 : machine.cores;
    return std::min<double>(threads, cores) / seconds(cost::tls_connect);
}

nanoseconds connect_time_min(const resource_requirements& n, const machine_resources& machine) {
    const auto sessions = local_sessions(n);
    if (sessions == 0) return {};
    const auto connects = local_connects_per_second(n);
    const auto possible = std::min(connects, handshakes_per_second_max(n, machine).value_or(connects));
    return duration_for(static_cast<double>(sessions), {possible});
}

std::optional<std::uint32_t> required_ranks(const resource_requirements& requirements,
                                            const machine_resources& machine) {
    if (!machine.open_files) return {};
    auto n = requirements;
    n.placement = {};
    if (files_per_process(n) <= *machine.open_files) return 1;
    n.placement.ranks = 2; // more than one rank: MPI is used
    const auto fixed = files_per_process(n) - sessions_per_rank(n);
    const auto room = *machine.open_files - *machine.open_files / 20;
    if (room <= fixed) return {};
    const auto ranks = std::max<std::uint64_t>(2, ceil_div(n.sessions, room - fixed));
    if (ranks > std::min<std::uint64_t>(n.sessions, std::numeric_limits<std::uint32_t>::max())) return {};
    return static_cast<std::uint32_t>(ranks);
}

std::string format_memory(std::uint64_t bytes) {
    constexpr double mebibyte = 1024.0 * 1024.0;
    const auto size = static_cast<double>(bytes);
    if (size < 1024 * mebibyte) return fmt::format("{:.0f} MiB", size / mebibyte);
    return fmt::format("{:.1f} GiB", size / (1024 * mebibyte));
}

} // namespace loadsim::target
