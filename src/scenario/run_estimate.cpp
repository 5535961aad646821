#include <loadsim/scenario/run_estimate.hpp>

#include <loadsim/load/schedule.hpp>
#include <loadsim/scenario/resource_requirements.hpp>

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

std::string ranks_of(const run_estimate& p) {
    if (!p.open_file_limit) return "unknown: how many files a process may open cannot be read here";
    if (!p.ranks)
        return fmt::format("no number is enough: {} open files are too few for any process", *p.open_file_limit);
    if (*p.ranks == 1) return "1";
    return fmt::format("{}, for {} open files each: loadsim run --ranks {} ...", *p.ranks, *p.open_file_limit,
                       *p.ranks);
}

} // namespace

run_estimate estimate_run(const scenario_config& d, const loadsim::target::machine_resources& machine_here) {
    run_estimate estimate;
    const auto schedule = schedule_of(d);
    const auto phases = schedule.phases();
    for (std::size_t i = 0; i < phases.size(); ++i) {
        const auto& p = phases[i];
        estimate.phases.push_back({p.name, schedule.phase_start(i), p.duration, schedule.size(i), rates_of(p)});
    }
    estimate.arrivals = schedule.size();
    estimate.duration = schedule.duration();
    estimate.connect_time = duration_for(static_cast<std::uint32_t>(requirements_of(d).sessions), d.fleet.connect_rate);
    estimate.ranks = loadsim::target::required_ranks(requirements_of(d), machine_here);
    estimate.open_file_limit = machine_here.open_files;
    const auto ranks = estimate.ranks.value_or(1);
    estimate.requirements = requirements_of(d, {ranks, ranks});
    return estimate;
}

std::string to_string(const run_estimate& p) {
    std::size_t width = 5;
    for (const auto& phase : p.phases) width = std::max(width, phase.name.size());
    std::string text =
        fmt::format("{:<{}}  {:>10}  {:>10}  {:>12}  rate\n", "phase", width, "start", "duration", "requests");
    for (const auto& phase : p.phases)
        text += fmt::format("{:<{}}  {:>10}  {:>10}  {:>12}  {}\n", phase.name, width, format_duration(phase.start),
                            format_duration(phase.duration), phase.arrivals, phase.rates);
    text +=
        fmt::format("{:<{}}  {:>10}  {:>10}  {:>12}\n\n", "all", width, "", format_duration(p.duration), p.arrivals);
    if (p.requirements.sessions == 0)
        text += fmt::format("sessions    none: the vehicles are behind the broker's API\n");
    else
        text += fmt::format("sessions    {}, connecting in {}\n", p.requirements.sessions,
                            format_duration(std::chrono::ceil<std::chrono::milliseconds>(p.connect_time)));
    text += fmt::format("ranks       {}\n", ranks_of(p));
    text += fmt::format("open files  {}{}\n", loadsim::target::files_per_rank(p.requirements),
                        p.requirements.placement.ranks > 1 ? " a rank" : "");
    if (p.requirements.own_broker)
        text += fmt::format("            {} more in the embedded broker's process\n",
                            loadsim::target::files_per_broker(p.requirements));
    if (const auto ports = loadsim::target::connections_per_broker(p.requirements); ports != 0)
        text += fmt::format("ports       {} to {} broker\n", ports,
                            p.requirements.own_broker && p.requirements.placement.ranks > 1 ? "each" : "the");
    text += fmt::format(
        "memory      {}{}", loadsim::target::format_memory(loadsim::target::local_memory(p.requirements)),
        p.requirements.own_broker ? ", with the embedded broker's and the kernel's" : ", with the kernel's");
    text += '\n';
    return text;
}

} // namespace loadsim::scenario
