#include "machine_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::verdict {
namespace {

using measure::machine_load;

// Shares from which on something is named as a cause.
constexpr double busy_share = 0.85;     ///< of the cores
constexpr double much_other = 0.1;      ///< of all cores, when they are busy
constexpr double much_steal = 0.05;     ///< of all cores
constexpr double much_throttled = 0.01; ///< of the time
constexpr double much_stalled = 0.2;    ///< of the time

std::string percent(double share) { return fmt::format("{:.0f}%", share * 100); }

std::string cores_text(double cores) { return fmt::format("{:.3g} {}", cores, cores == 1 ? "core" : "cores"); }

std::string figures_of(const machine_load& m, bool named) {
    std::vector<std::string> parts;
    if (m.own_share && m.cores_usable)
        parts.push_back(fmt::format("generator {} of {}", percent(*m.own_share), cores_text(*m.cores_usable)));
    if (m.other_share && m.cores)
        parts.push_back(fmt::format("other processes {} of {}", percent(*m.other_share), cores_text(*m.cores)));
    if (m.steal_share) parts.push_back(fmt::format("steal {}", percent(*m.steal_share)));
    if (m.stalled_s)
        parts.push_back(fmt::format("tasks waited for a core {} of the time", percent(*m.stalled_s / m.measured_s)));
    if (m.throttled_s) parts.push_back(fmt::format("throttled {:.1f} s", *m.throttled_s));
    return fmt::format("{}{}", named ? m.host + ": " : "", fmt::join(parts, ", "));
}

/// `shards`: of the load generator on this machine.
std::vector<std::string_view> changes_for(const machine_load& m, double shards) {
    std::vector<std::string_view> all;
    const auto usable = m.cores_usable.value_or(0);
    const auto own_cores = m.own_share.value_or(0) * usable;
    const auto other = m.other_share.value_or(0);
    const auto steal = m.steal_share.value_or(0);
    const bool cores_busy = m.cores && *m.cores > 0 && own_cores / *m.cores + other + steal >= busy_share;
    if (m.own_share.value_or(0) >= busy_share)
        all.push_back("The generator used up its cores: ask for fewer requests a second, or use more cores (--ranks on "
                      "other hosts).");
    else if (shards < usable && own_cores >= busy_share * shards)
        all.push_back("The generator's threads were busy while cores were free: use more shards (--shards).");
    if (cores_busy && other >= much_other)
        all.push_back("Other processes had the cores, the embedded broker among them: end them, or use another "
                      "machine.");
    if (steal >= much_steal)
        all.push_back(
            "The hypervisor gave the cores to other machines (steal): use a machine whose cores are its own.");
    if (m.throttled_s.value_or(0) >= much_throttled * m.measured_s)
        all.push_back("A CPU limit of a cgroup (cpu.max) withheld cores: raise the limit, or ask for fewer requests a "
                      "second.");
    if (all.empty() && m.stalled_s.value_or(0) >= much_stalled * m.measured_s)
        all.push_back("Tasks waited for cores at times: use a less busy machine.");
    return all;
}

} // namespace

std::string machine_text(const measure::generator_usage& g) {
    if (g.machines.empty()) return {};
    const bool named = g.machines.size() > 1;
    const auto shards = static_cast<double>(g.shards) * g.ranks / static_cast<double>(g.machines.size());
    std::vector<std::string> figures;
    std::vector<std::string_view> changes;
    for (const auto& m : g.machines) {
        figures.push_back(figures_of(m, named));
        for (const auto change : changes_for(m, shards))
            if (std::ranges::count(changes, change) == 0) changes.push_back(change);
    }
    if (changes.empty())
        changes.push_back("On average cores were free: timeline.jsonl says when the generator was late; a machine that "
                          "is paused or swaps, or a burst of requests for one shard, has that effect.");
    return fmt::format("CPU during the load: {}. {}", fmt::join(figures, "; "), fmt::join(changes, " "));
}

} // namespace loadsim::verdict
