// Partial results of a run whose rank 0 was lost, from the ranks' spools.
#include <loadsim/cluster/spool.hpp>
#include <loadsim/load/schedule.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/run/ranks.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace loadsim::run {

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
    run_result.ended = measure::run_result::end_reason::aborted;
    run_result.abort_reason = std::move(why);
    run_result.generator.ranks = ranks;
    const auto damaged = std::ranges::count_if(spools, [](const auto& s) { return !s.trouble.empty(); });
    if (spools.size() < ranks)
        run_result.abort_reason += fmt::format(
            "; these are the figures of {} of {} ranks, for the others' are on other hosts", spools.size(), ranks);
    if (damaged != 0)
        run_result.abort_reason += fmt::format("; the spools of {} ranks are damaged and count up to there", damaged);
    for (const auto& s : spools) {
        run_result.sum.add(s.sum.counts);
        run_result.sessions_planned += s.sum.sessions_planned;
        run_result.sessions_peak += s.sum.sessions_online;
        run_result.generator.cpu_s += s.sum.cpu_s;
        run_result.generator.rss_bytes += s.sum.rss_bytes;
        run_result.elapsed = std::max(run_result.elapsed, s.since_start);
    }
    run_result.started = std::chrono::system_clock::now() -
                         std::chrono::duration_cast<std::chrono::system_clock::duration>(run_result.elapsed);
    return run_result;
}

} // namespace loadsim::run
