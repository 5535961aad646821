// A run of several ranks, around the run itself: coming together, and going.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/cluster/channel.hpp>
#include <loadsim/cluster/letters.hpp>
#include <loadsim/measure/run_facts.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace loadsim::run {

/// The first rank: waits until all others have said hello. Errors: what keeps them from running together (another scenario or
/// version, a clock that is off, a rank that could not read its scenario), each with the rank and its host. Then dismiss() them.
result<void> muster(cluster::channel&, const cluster::hello& own);
/// Tells the others how the run is done: they set themselves up and then follow.
void welcome(cluster::channel&, const cluster::welcome&);
/// Tells the others to leave, and waits until all have said goodbye. False: somebody did not, and must not be waited for.
bool dismiss(cluster::channel&);

/// Another rank: says hello and waits to be told how the run is done. nullopt: not at all.
std::optional<cluster::welcome> report_for_duty(cluster::channel&, const cluster::hello& own);
/// Its last letter, when it has been told to leave.
void say_goodbye(cluster::channel&);

/// "22 ranks on 1 host, 1 shard each".
std::string describe(const cluster::channel&, std::uint32_t shards);

/// What the `ranks` of a run had written down before the first of them was lost: nullopt when there is nothing. Spools on other
/// hosts are not here, and damaged ones count up to there: both is told. `why`: half a sentence about what cut the run off.
std::optional<measure::run_facts> salvage(const scenario::document&, const std::filesystem::path& run_folder,
                                          std::uint32_t ranks, std::string why);

} // namespace loadsim::run
