// Checks of the load.
#include "check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace loadsim::scenario {
namespace {

void check_services(const load& l, problems& all) {
    std::set<std::string_view> seen;
    double sum = 0;
    for (const auto& s : l.services) {
        const auto path = "load.services." + s.name;
        if (!is_service_name(s.name))
            all.add(path,
                    fmt::format("'{}' is no service name: small letters, digits and '-', a letter first", s.name));
        if (!seen.insert(s.name).second) all.add(path, fmt::format("the service '{}' is there twice", s.name));
        if (!(s.weight >= 0)) all.add(path, "a weight is not negative");
        sum += s.weight;
    }
    if (!(sum > 0)) all.add("load.services", "no service has a weight above 0, so nothing could be requested");
}

/// True: a phase has no arrivals, determined without a schedule.
bool has_no_arrivals(const loadsim::load::phase& p) {
    return p.pause ||
           (!p.arrival_count && p.arrival_rate.per_second <= 0 && p.ramp_to.value_or(rate{}).per_second <= 0);
}

void check_phases(const load& l, problems& all) {
    if (l.phases.empty()) return all.add("load.phases", "there is no phase, so nothing is ever due");
    for (std::size_t i = 0; i < l.phases.size(); ++i) {
        const auto& p = l.phases[i];
        const auto path = fmt::format("load.phases[{}]", i);
        if (p.duration <= nanoseconds{0}) all.add(path, "a phase needs a duration");
        if (p.arrival_count && p.ramp_to) all.add(path, "arrivalCount and rampTo exclude each other");
    }
    if (std::ranges::all_of(l.phases, has_no_arrivals)) all.add("load.phases", "nothing is ever due in these phases");
    if (load_seconds(l) > max_load_seconds) all.add("load.phases", "these phases last longer than a year");
}

/// completionTimeout must exceed the deadlines of the other side, or their timeouts could never be observed.
void check_completion_timeout(const scenario_config& config, problems& all) {
    const auto limit = config.load.completion_timeout;
    const auto add_problem = [&](std::string_view what, nanoseconds longest) {
        all.add("load.completionTimeout",
                fmt::format("{} waits up to {} before it times a request out, and completionTimeout is only {}", what,
                            format_duration(longest), format_duration(limit)));
    };
    if (config.load.driver == driver::kind::mqtt) {
        if (config.load.mqtt.deadline >= limit) add_problem("the mqtt driver", config.load.mqtt.deadline);
        return;
    }
    if (!config.target.embedded) return;
    nanoseconds longest{0};
    for (const auto& requested : config.load.services)
        for (const auto& s : config.target.backend.services)
            if (s.name == requested.name)
                longest = std::max({longest, s.limits.created, s.limits.pending, s.limits.running});
    if (longest >= limit) add_problem("the embedded backend", longest);
}

/// Longest deadline of the embedded target, or of the mqtt driver, for any requested service; 0: unknown.
nanoseconds longest_deadline(const scenario_config& config, bool acknowledged) {
    if (config.load.driver == driver::kind::mqtt) return config.load.mqtt.deadline;
    nanoseconds longest{0};
    if (!config.target.embedded) return longest;
    for (const auto& requested : config.load.services)
        for (const auto& s : config.target.backend.services)
            if (s.name == requested.name)
                longest = std::max(longest, acknowledged ? s.limits.running : s.limits.pending);
    return longest;
}

bool acknowledges(const std::vector<vehicle::step>& steps) {
    return std::ranges::any_of(steps, [](const vehicle::step& s) {
        return (s.type == vehicle::step::kind::respond && s.response.is_well_formed() && !s.response.is_final()) ||
               std::ranges::any_of(s.branches, [](const auto& b) { return acknowledges(b.steps); });
    });
}

/// Time until a correct target times out a vehicle with this behaviour; 0: no timeout expected.
nanoseconds silent_vehicle_timeout(const scenario_config& config, const vehicle::behaviour& b) {
    if (!b.expected.contains(outcome::timed_out)) return nanoseconds{0};
    return longest_deadline(config, acknowledges(b.steps));
}

/// The drain must be long enough for the timeout of the last silent vehicle's request.
void check_drain(const scenario_config& config, problems& all) {
    nanoseconds longest{0};
    for (const auto& s : config.fleet.segments)
        for (const auto& b : config.behaviours)
            if (b.name == s.behaviour) longest = std::max(longest, silent_vehicle_timeout(config, b));
    for (const auto& c : config.conditions)
        if (c.expected.contains(outcome::timed_out))
            longest = std::max({longest, longest_deadline(config, false), longest_deadline(config, true)});
    if (longest != nanoseconds{0} && config.load.drain <= longest)
        all.add("load.drain",
                fmt::format("silent vehicles' requests end {} after they were sent, and the drain is only {}",
                            format_duration(longest), format_duration(config.load.drain)));
}

} // namespace

void check_load(const scenario_config& config, problems& all) {
    const auto& l = config.load;
    check_services(l, all);
    check_phases(l, all);
    check_completion_timeout(config, all);
    check_drain(config, all);
    if (l.http.connections == 0) all.add("load.http.connections", "there must be one at least");
    if (l.http.timeout <= nanoseconds{0}) all.add("load.http.timeout", "a time-out of nothing");
    if (l.lag_limit <= nanoseconds{0}) all.add("load.lagLimit", "a limit of nothing");
}

} // namespace loadsim::scenario
