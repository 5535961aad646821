// Checks of the load.
#include "check.hpp"

#include <loadsim/contract/template_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace loadsim::scenario {
namespace {

bool has_control_characters(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

void check_parameters(const service& s, const std::string& path, problems& all) {
    for (const auto& p : s.parameters) {
        const auto where = fmt::format("{}.parameters.{}", path, p.name);
        if (auto why = loadsim::load::check(p); !why.empty()) all.add(where, std::move(why));
        const auto check_text = [&](const std::string& text) {
            if (contract::sample_text(text) != text)
                all.add(where, fmt::format("'{}' is sent as it is: a parameter is no template; write placeholders in "
                                           "the templates that have {{parameter.{}}}",
                                           text, p.name));
        };
        if (p.type == loadsim::load::parameter::kind::text) check_text(p.text);
        for (const auto& [text, weight] : p.choices) check_text(text);
    }
}

void check_services(const scenario_config& config, problems& all) {
    const auto& l = config.load;
    const bool own_backend = config.target.embedded && l.driver == driver::kind::http;
    std::set<std::string_view> seen;
    double sum = 0;
    for (const auto& s : l.services) {
        const auto path = "load.services." + s.name;
        if (own_backend && !is_service_name(s.platform_name()))
            all.add(path, service_name_problem(s.platform_name()));
        else if (s.name.empty() || has_control_characters(s.name) || has_control_characters(s.contract.as))
            all.add(path, "the name of a service is a text without control characters");
        if (!seen.insert(s.name).second) all.add(path, fmt::format("the service '{}' is there twice", s.name));
        if (!(s.weight >= 0)) all.add(path, "a weight is not negative");
        sum += s.weight;
        check_parameters(s, path, all);
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

/// The completion timeout of a service must exceed the deadlines of the other side, or their timeouts could never be observed.
void check_completion_timeouts(const scenario_config& config, problems& all) {
    const auto& l = config.load;
    std::set<std::string> reported;
    for (const auto& s : l.services) {
        const auto limit = completion_timeout_of(l, s);
        const auto key = s.deadline ? fmt::format("load.services.{}.deadline", s.name) : "load.completionTimeout";
        nanoseconds longest{0};
        if (l.driver == driver::kind::mqtt)
            longest = l.mqtt.deadline;
        else if (config.target.embedded)
            for (const auto& served : config.target.backend.services)
                if (served.name == s.platform_name())
                    longest = std::max({served.limits.created, served.limits.pending, served.limits.running});
        if (longest == nanoseconds{0} || longest < limit || !reported.insert(key).second) continue;
        all.add(key, fmt::format("{} waits up to {} before it times a request out, and {} is only {}",
                                 l.driver == driver::kind::mqtt ? "the mqtt driver" : "the embedded backend",
                                 format_duration(longest), s.deadline ? "deadline" : "completionTimeout",
                                 format_duration(limit)));
    }
}

/// Longest deadline of the embedded target, or of the mqtt driver, for any requested service; 0: unknown.
nanoseconds longest_deadline(const scenario_config& config, bool acknowledged) {
    if (config.load.driver == driver::kind::mqtt) return config.load.mqtt.deadline;
    nanoseconds longest{0};
    if (!config.target.embedded) return longest;
    for (const auto& requested : config.load.services)
        for (const auto& s : config.target.backend.services)
            if (s.name == requested.platform_name())
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
    check_services(config, all);
    check_phases(l, all);
    check_completion_timeouts(config, all);
    check_drain(config, all);
    if (l.http.connections == 0) all.add("load.http.connections", "there must be one at least");
    if (l.http.timeout <= nanoseconds{0}) all.add("load.http.timeout", "a time-out of nothing");
    if (l.lag_limit <= nanoseconds{0}) all.add("load.lagLimit", "a limit of nothing");
}

} // namespace loadsim::scenario
