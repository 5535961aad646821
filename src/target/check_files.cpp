#include "checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace loadsim::target {
namespace {

remedy raise_limit(std::uint64_t needed, const machine& has) {
    auto command = fmt::format("ulimit -Hn {}", needed);
    if (has.open_files_most && needed > *has.open_files_most)
        command = fmt::format("sysctl -w fs.nr_open={} && ", needed) + command;
    return {"raise the limit, as root and in the shell that starts it", command, ""};
}

} // namespace

check check_open_files(const needs& n, const machine& has) {
    const auto needed = std::max(files_of_rank(n), files_of_broker(n));
    check c{.name = "open files",
            .needs = number_text(needed),
            .has = number_text(has.open_files),
            .of = n.own_broker ? "in each process, and in its mosquitto" : "in each process",
            .verdict = judge(needed, has.open_files),
            .remedies = {}};
    if (c.verdict == fit::unknown) c.remedies.push_back(unreadable("the limit of this process"));
    if (c.verdict != fit::not_enough) return c;
    if (const auto ranks = ranks_that_fit(n, has)) {
        auto split = n;
        split.where = {*ranks, *ranks};
        // More processes take more memory; where there is none, they are no remedy.
        if (!has.memory_free || memory_here(split) <= *has.memory_free)
            c.remedies.push_back(
                {fmt::format("spread the fleet over {} processes", *ranks), "", fmt::format("--ranks {}", *ranks)});
    }
    c.remedies.push_back(raise_limit(needed, has));
    const auto fixed = needed - sessions_of_rank(n);
    const auto most = *has.open_files > fixed ? (*has.open_files - fixed) * n.where.ranks : 0;
    c.remedies.push_back(fewer_vehicles(most));
    return c;
}

check check_files_of_all(const needs& n, const machine& has) {
    const auto needed = std::uint64_t{n.where.ranks_here} * (files_of_rank(n) + files_of_broker(n));
    check c{.name = "files of all",
            .needs = number_text(needed),
            .has = number_text(has.files_free),
            .of = "in all processes of this machine",
            .verdict = judge(needed, has.files_free),
            .remedies = {}};
    if (c.verdict == fit::unknown) c.remedies.push_back(unreadable("/proc/sys/fs/file-max"));
    if (c.verdict == fit::not_enough)
        c.remedies.push_back(
            {"raise the system's limit, as root", fmt::format("sysctl -w fs.file-max={}", needed * 2), ""});
    return c;
}

} // namespace loadsim::target
