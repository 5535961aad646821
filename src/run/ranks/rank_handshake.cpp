// Start and end of the ranks of a run: handshake, release, and partial results of a run whose rank 0 was lost.
#include "ranks/rank_handshake.hpp"

#include "recovery_tracker.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/cluster/channel.hpp>
#include <loadsim/cluster/spool.hpp>
#include <loadsim/load/schedule.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/run/ranks.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;

constexpr nanoseconds join_timeout = 60s;
constexpr nanoseconds leave_timeout = 20s; ///< between messages: a rank that runs hooks sends one a second
/// Limit for the difference of the ranks' clocks, read when all ranks had joined. The load's start delay is longer.
constexpr std::chrono::microseconds max_clock_offset = 1s;

/// Least part of a rank. With half of it in flight on average, one request in 500 is skipped (Erlang B).
constexpr std::uint64_t min_max_vusers = 20;

std::string format_seconds(std::int64_t us) { return fmt::format("{:.1f} s", static_cast<double>(us) / 1e6); }

} // namespace

std::string first_difference(const std::string& here, const std::string& there) {
    std::istringstream a(here);
    std::istringstream b(there);
    std::string ours;
    std::string theirs;
    for (int line = 1;; ++line) {
        const bool more_a = static_cast<bool>(std::getline(a, ours));
        const bool more_b = static_cast<bool>(std::getline(b, theirs));
        if (!more_a && !more_b) return {};
        if (!more_a) ours = "nothing more";
        if (!more_b) theirs = "nothing more";
        if (ours != theirs) return fmt::format("line {}: '{}' here and '{}' there", line, ours, theirs);
    }
}

problems rank_mismatches(const cluster::join_request& own, const std::vector<rank_join_request>& others) {
    problems all;
    for (const auto& [from, join_request] : others) {
        if (!join_request.error.empty()) {
            std::istringstream lines(join_request.error);
            for (std::string line; std::getline(lines, line);) all.add(from, line);
            continue;
        }
        if (join_request.version != own.version) {
            all.add(from, fmt::format("it is loadsim {}, and rank 0 is {}; install the same on all hosts",
                                      join_request.version, own.version));
            continue;
        }
        if (join_request.scenario != own.scenario)
            all.add(from, "it has another scenario than rank 0, " +
                              first_difference(own.scenario, join_request.scenario) +
                              "; give all hosts the same file and the same environment");
        const auto offset_us = join_request.wall_us - own.wall_us;
        if (std::abs(offset_us) > max_clock_offset.count())
            all.add(from,
                    fmt::format("its clock is {} {} rank 0's; the ranks start together by the clock: have all hosts "
                                "synchronise theirs (NTP)",
                                format_seconds(std::abs(offset_us)), offset_us > 0 ? "ahead of" : "behind"));
    }
    return all;
}

result<void> gather_ranks(cluster::channel& channel, const cluster::join_request& own) {
    std::vector<rank_join_request> join_requests;
    std::vector<bool> joined(channel.info().count, false);
    const auto until = steady_time{}.now() + join_timeout;
    while (join_requests.size() + 1 < channel.info().count) {
        const auto received = channel.receive_until(until);
        if (!channel.error().empty()) return problems{"ranks", channel.error()};
        if (!received) {
            problems unreachable;
            for (std::uint32_t rank = 1; rank < channel.info().count; ++rank)
                if (!joined[rank])
                    unreachable.add(channel.display_name(rank),
                                    fmt::format("has sent nothing for {}", format_duration(join_timeout)));
            return unreachable;
        }
        const auto name = channel.display_name(received->from);
        auto join_request = cluster::decode_as<cluster::join_request>(received->text);
        if (!join_request) return problems{name, "its messages cannot be read; install the same loadsim on all hosts"};
        joined[received->from] = true;
        join_requests.push_back({name, std::move(*join_request)});
    }
    if (auto mismatches = rank_mismatches(own, join_requests); !mismatches.empty()) return mismatches;
    return {};
}

std::uint64_t random_trace_run() {
    std::random_device random;
    return std::max<std::uint64_t>(std::uint64_t{random()} << 32U | random(), 1);
}

problems check_max_vusers(const scenario::scenario_config& scenario, std::uint32_t ranks) {
    problems refused;
    if (ranks <= 1) return refused;
    for (std::size_t i = 0; i < scenario.load.phases.size(); ++i) {
        const auto& limit = scenario.load.phases[i].max_vusers;
        if (!limit || *limit / ranks >= min_max_vusers) continue;
        refused.add(
            fmt::format("load.phases[{}].maxVusers", i),
            fmt::format("{} for {} ranks is fewer than {} for each, and a rank skips requests when its own part is "
                        "in flight, even if the others have room; raise it to {}, or start {} at most",
                        *limit, ranks, min_max_vusers, min_max_vusers * ranks,
                        std::max<std::uint64_t>(*limit / min_max_vusers, 1)));
    }
    return refused;
}

void start_ranks(cluster::channel& channel, const cluster::run_settings& settings) {
    channel.send_to_workers(cluster::encode(settings));
}

namespace {

/// False: a rank was silent. `failed_hooks`: ranks by the error of a hook after the load.
bool await_leaving(cluster::channel& channel, const time_source& time,
                   std::map<std::string, std::vector<std::uint32_t>>& failed_hooks) {
    channel.send_to_workers(cluster::encode(cluster::control_command{.what = cluster::control_command::kind::leave}));
    // Of each rank that has not left: the time until which its next message must come.
    std::vector<monotonic_time> until(channel.info().count, time.now() + leave_timeout);
    until.front() = never; // this rank
    for (;;) {
        const auto earliest = std::ranges::min(until);
        if (earliest == never) return channel.error().empty();
        const auto received = channel.receive_until(earliest);
        if (!received) return false;
        const auto report = cluster::decode_as<cluster::status_report>(received->text);
        until[received->from] = report && report->leaving ? never : time.now() + leave_timeout;
        if (const auto busy = cluster::decode_as<cluster::busy_report>(received->text);
            busy && !busy->failed_hook.empty())
            failed_hooks[busy->failed_hook].push_back(received->from);
    }
}

} // namespace

bool release_ranks(cluster::channel& channel, const time_source& time,
                   const std::function<void(const std::string&)>& on_notice) {
    std::map<std::string, std::vector<std::uint32_t>> failed_hooks;
    const bool all_left = await_leaving(channel, time, failed_hooks);
    for (const auto& [error, ranks] : failed_hooks)
        if (on_notice)
            on_notice(fmt::format("after the load: {}{}: {}", channel.display_name(ranks.front()),
                                  ranks.size() == 1 ? "" : fmt::format(" and {} more", ranks.size() - 1), error));
    return all_left;
}

void leave_run(cluster::channel& channel) {
    cluster::status_report last;
    last.leaving = true;
    channel.send(0, cluster::encode(last));
}

std::string describe_ranks(const cluster::channel& channel, std::uint32_t shards) {
    std::set<std::string> hosts;
    for (std::uint32_t rank = 0; rank < channel.info().count; ++rank) hosts.insert(channel.host_of(rank));
    const auto plural = [](std::size_t n, std::string_view what) {
        return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
    };
    return fmt::format("{} on {}, {} each", plural(channel.info().count, "rank"), plural(hosts.size(), "host"),
                       plural(shards, "shard"));
}

std::optional<cluster::run_settings> join_run(cluster::channel& channel, const cluster::join_request& own) {
    channel.send(0, cluster::encode(own));
    const auto received = channel.receive_until(never);
    return received ? cluster::decode_as<cluster::run_settings>(received->text)
                    : std::nullopt; // else released without a run
}

std::optional<measure::run_result> read_partial_results(const scenario::scenario_config& scenario,
                                                        const std::filesystem::path& run_folder, std::uint32_t ranks,
                                                        std::string why) {
    const auto spools = cluster::read_spools(run_folder);
    if (spools.empty()) return std::nullopt;
    const auto schedule = scenario::schedule_of(scenario);
    measure::run_result run_result;
    run_result.scenario = scenario.name;
    run_result.seed = scenario.seed;
    run_result.lag_limit = scenario.load.lag_limit;
    run_result.planned_arrivals = schedule.size();
    for (std::size_t i = 0; i < schedule.phases().size(); ++i) // how far they came is not in the spools
        run_result.load_phases.push_back(
            {.planned = schedule.size(i), .duration = schedule.phases()[i].duration, .elapsed = {}});
    run_result.ended = measure::run_result::end_reason::aborted;
    run_result.abort_reason = std::move(why);
    run_result.generator.ranks = ranks;
    const auto damaged = std::ranges::count_if(spools, [](const auto& s) { return !s.error.empty(); });
    if (spools.size() < ranks)
        run_result.abort_reason += fmt::format(
            "; the result contains {} of {} ranks; the spools of the others are on other hosts", spools.size(), ranks);
    if (damaged != 0)
        run_result.abort_reason += fmt::format("; the spools of {} ranks are damaged and count up to there", damaged);
    std::map<std::string, measure::machine_usage> machines;
    for (const auto& s : spools) {
        loadsim::add(machines, s.sum.machines);
        run_result.sum.add(s.sum.counts);
        run_result.sessions_planned += s.sum.sessions_planned;
        run_result.sessions_peak += s.sessions_peak; // the peaks of the ranks may be of different instants
        run_result.generator.cpu_s += s.sum.cpu_s;
        run_result.generator.rss_bytes += s.rss_peak;
        run_result.elapsed = std::max(run_result.elapsed, s.since_start);
        run_result.aborted_after_interrupt = run_result.aborted_after_interrupt || s.interrupted;
    }
    run_result.generator.machines = measure::machine_loads(machines);
    // The spools have no latency by second, so that only the vehicles that are back are reported.
    run_result.recoveries =
        recovery_tracker(scenario.conditions, std::nullopt, scenario::labels_of(scenario), schedule.duration())
            .results(run_result.sum);
    run_result.started = std::chrono::system_clock::now() -
                         std::chrono::duration_cast<std::chrono::system_clock::duration>(run_result.elapsed);
    return run_result;
}

} // namespace loadsim::run
