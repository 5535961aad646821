#include <loadsim/scenario/plan.hpp>

#include <loadsim/load/schedule.hpp>
#include <loadsim/scenario/needs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace loadsim::scenario {
namespace {

std::string rates_of(const loadsim::load::phase& p) {
    if (p.pause) return "pause";
    if (p.arrival_count) return fmt::format("{} in all", *p.arrival_count);
    auto text = format_rate(p.arrival_rate);
    if (p.ramp_to && *p.ramp_to != p.arrival_rate) text += " -> " + format_rate(*p.ramp_to);
    return text;
}

std::string ranks_of(const plan& p) {
    if (!p.open_files) return "unknown: how many files a process may open cannot be read here";
    if (!p.ranks) return fmt::format("no number is enough: {} open files are too few for any process", *p.open_files);
    if (*p.ranks == 1) return "1";
    return fmt::format("{}, for {} open files each: loadsim run --ranks {} ...", *p.ranks, *p.open_files, *p.ranks);
}

} // namespace

plan plan_of(const document& d, const loadsim::target::machine& here) {
    plan made;
    const auto schedule = schedule_of(d);
    const auto phases = schedule.phases();
    for (std::size_t i = 0; i < phases.size(); ++i) {
        const auto& p = phases[i];
        made.phases.push_back({p.name, schedule.phase_start(i), p.duration, schedule.size(i), rates_of(p)});
    }
    made.arrivals = schedule.size();
    made.duration = schedule.duration();
    made.connecting = time_for(static_cast<std::uint32_t>(needs_of(d).sessions), d.fleet.connect_rate);
    made.ranks = loadsim::target::ranks_that_fit(needs_of(d), here);
    made.open_files = here.open_files;
    const auto ranks = made.ranks.value_or(1);
    made.needs = needs_of(d, {ranks, ranks});
    return made;
}

std::string to_string(const plan& p) {
    std::size_t width = 5;
    for (const auto& phase : p.phases) width = std::max(width, phase.name.size());
    std::string text =
        fmt::format("{:<{}}  {:>10}  {:>10}  {:>12}  rate\n", "phase", width, "start", "duration", "requests");
    auto out = std::back_inserter(text);
    for (const auto& phase : p.phases)
        fmt::format_to(out, "{:<{}}  {:>10}  {:>10}  {:>12}  {}\n", phase.name, width, format_duration(phase.start),
                       format_duration(phase.duration), phase.arrivals, phase.rates);
    fmt::format_to(out, "{:<{}}  {:>10}  {:>10}  {:>12}\n\n", "all", width, "", format_duration(p.duration),
                   p.arrivals);
    if (p.needs.sessions == 0)
        fmt::format_to(out, "sessions    none: the vehicles are behind the broker's API\n");
    else
        fmt::format_to(out, "sessions    {}, connecting in {}\n", p.needs.sessions,
                       format_duration(std::chrono::ceil<std::chrono::milliseconds>(p.connecting)));
    fmt::format_to(out, "ranks       {}\n", ranks_of(p));
    fmt::format_to(out, "open files  {}{}\n", loadsim::target::files_of_rank(p.needs),
                   p.needs.where.ranks > 1 ? " a rank" : "");
    if (p.needs.own_broker)
        fmt::format_to(out, "            {} more in the embedded broker's process\n",
                       loadsim::target::files_of_broker(p.needs));
    if (const auto ports = loadsim::target::connections_to_one_broker(p.needs); ports != 0)
        fmt::format_to(out, "ports       {} to {} broker\n", ports,
                       p.needs.own_broker && p.needs.where.ranks > 1 ? "each" : "the");
    fmt::format_to(out, "memory      {}{}", loadsim::target::format_memory(loadsim::target::memory_here(p.needs)),
                   p.needs.own_broker ? ", with the embedded broker's and the kernel's" : ", with the kernel's");
    text += '\n';
    return text;
}

} // namespace loadsim::scenario
