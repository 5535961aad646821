#include <loadsim/target/needs.hpp>

#include "cost.hpp"

#include <loadsim/target/machine.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace loadsim::target {
namespace {

constexpr std::uint64_t divided_up(std::uint64_t whole, std::uint64_t by) { return whole / by + (whole % by != 0); }

std::uint64_t most_files(const needs& n) { return std::max(files_of_rank(n), files_of_broker(n)); }

} // namespace

std::uint64_t sessions_of_rank(const needs& n) { return divided_up(n.sessions, std::max(1U, n.where.ranks)); }

std::uint64_t sessions_here(const needs& n) { return std::min(n.sessions, sessions_of_rank(n) * n.where.ranks_here); }

std::uint64_t connections_to_one_broker(const needs& n) {
    return n.own_broker ? sessions_of_rank(n) + n.connections_fixed
                        : sessions_here(n) + n.connections_fixed * n.where.ranks_here;
}

std::uint64_t files_of_rank(const needs& n) {
    return sessions_of_rank(n) + n.files_fixed + (n.where.ranks > 1 ? cost::files_of_mpi : 0);
}

std::uint64_t files_of_broker(const needs& n) { return n.own_broker ? sessions_of_rank(n) + n.broker_files_fixed : 0; }

std::uint64_t memory_here(const needs& n) {
    const auto session =
        cost::session + cost::socket + (n.broker_here ? cost::socket : 0) + (n.own_broker ? cost::broker_session : 0);
    const auto rank = cost::rank + (n.where.ranks > 1 ? cost::rank_of_mpi : 0) + (n.own_broker ? cost::broker : 0);
    return sessions_here(n) * session + n.where.ranks_here * rank;
}

std::optional<std::uint32_t> ranks_that_fit(const needs& wanted, const machine& has) {
    if (!has.open_files) return {};
    auto n = wanted;
    n.where = {};
    if (most_files(n) <= *has.open_files) return 1;
    n.where.ranks = 2; // with MPI, then
    const auto fixed = most_files(n) - sessions_of_rank(n);
    const auto room = *has.open_files - *has.open_files / 20;
    if (room <= fixed) return {};
    const auto ranks = std::max<std::uint64_t>(2, divided_up(n.sessions, room - fixed));
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
