// A run whose first rank was lost, put together from what the ranks had written down.
#include <loadsim/cluster/spool.hpp>
#include <loadsim/load/schedule.hpp>
#include <loadsim/run/ranks.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace loadsim::run {

std::optional<measure::run_facts> salvage(const scenario::document& scenario, const std::filesystem::path& run_folder,
                                          std::uint32_t ranks, std::string why) {
    const auto spools = cluster::read_spools(run_folder);
    if (spools.empty()) return std::nullopt;
    const auto schedule = scenario::schedule_of(scenario);
    measure::run_facts facts;
    facts.scenario = scenario.name;
    facts.seed = scenario.seed;
    facts.lag_limit = scenario.load.lag_limit;
    facts.planned = schedule.size();
    facts.ended = measure::run_facts::ending::cut_off;
    facts.cut_off_by = std::move(why);
    facts.generator.ranks = ranks;
    const auto damaged = std::ranges::count_if(spools, [](const auto& s) { return !s.trouble.empty(); });
    if (spools.size() < ranks)
        facts.cut_off_by += fmt::format("; these are the figures of {} of {} ranks, for the others' are on other hosts",
                                        spools.size(), ranks);
    if (damaged != 0)
        facts.cut_off_by += fmt::format("; the spools of {} ranks are damaged and count up to there", damaged);
    for (const auto& s : spools) {
        facts.sum.add(s.sum.seen);
        facts.sessions_asked += s.sum.sessions_asked;
        facts.sessions_peak += s.sum.sessions_online;
        facts.generator.cpu_s += s.sum.cpu_s;
        facts.generator.rss_bytes += s.sum.rss_bytes;
        facts.elapsed = std::max(facts.elapsed, s.since_start);
    }
    facts.started = std::chrono::system_clock::now() -
                    std::chrono::duration_cast<std::chrono::system_clock::duration>(facts.elapsed);
    return facts;
}

} // namespace loadsim::run
