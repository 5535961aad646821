#include <loadsim/scenario/plan.hpp>

#include <loadsim/load/schedule.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace loadsim::scenario {
namespace {

// Standard streams, logs and report files, the database, listeners, event loops, the observer: counted generously.
constexpr std::uint64_t reserve = 128;

std::string rates_of(const loadsim::load::phase& p) {
    if (p.pause) return "pause";
    if (p.arrival_count) return fmt::format("{} in all", *p.arrival_count);
    auto text = format_rate(p.arrival_rate);
    if (p.ramp_to && *p.ramp_to != p.arrival_rate) text += " -> " + format_rate(*p.ramp_to);
    return text;
}

/// Open files of one process that do not depend on its number of sessions.
std::uint64_t fixed_files(const document& d) {
    if (d.load.driver != drive::kind::http) return reserve;
    // The embedded backend is in this process: each connection has both its ends here.
    return reserve + d.load.http.connections * (d.target.embedded ? 2U : 1U);
}

} // namespace

plan plan_of(const document& d, machine_limits limits) {
    plan made;
    const loadsim::load::schedule schedule(d.load.phases, d.load.spacing, d.seed);
    for (std::size_t i = 0; i < d.load.phases.size(); ++i) {
        const auto& p = d.load.phases[i];
        made.phases.push_back({p.name, schedule.phase_start(i), p.duration, schedule.size(i), rates_of(p)});
    }
    made.arrivals = schedule.size();
    made.duration = schedule.duration();
    made.sessions = d.fleet.vehicles; // those that are to be off line sign in too
    made.limits = limits;
    made.connecting = nanoseconds{std::llround(std::min(9e18, made.sessions / d.fleet.connect_rate.per_second * 1e9))};
    made.open_files = made.sessions + fixed_files(d);
    if (d.target.embedded && !d.target.broker) made.broker_files = made.sessions + reserve;
    const auto files = limits.open_files > fixed_files(d) ? limits.open_files - fixed_files(d) : 1;
    const auto room = std::max<std::uint64_t>(1, std::min(files, limits.source_ports));
    made.hosts = static_cast<std::uint32_t>(std::max<std::uint64_t>(1, (made.sessions + room - 1) / room));
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
    fmt::format_to(out, "sessions    {}, connecting in {}\n", p.sessions,
                   format_duration(std::chrono::ceil<std::chrono::milliseconds>(p.connecting)));
    fmt::format_to(out, "open files  {}\n", p.open_files);
    if (p.broker_files != 0)
        fmt::format_to(out, "            {} more in the embedded broker's process\n", p.broker_files);
    fmt::format_to(out, "hosts       {}", p.hosts);
    if (p.hosts != 1)
        fmt::format_to(out, ", with {} open files and {} source ports each", p.limits.open_files,
                       p.limits.source_ports);
    text += '\n';
    return text;
}

} // namespace loadsim::scenario
