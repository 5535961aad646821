#include "capacity_scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace loadsim::app {
namespace {

using experiment::load_metric;

/// The vehicles of the segment answer commands.
bool responds(const scenario::scenario_config& scenario, const vehicle::segment& segment) {
    const auto& b = scenario::behaviour_of(scenario, segment.behaviour);
    return b.online && !b.credentials && b.expected != outcome_set(outcome::timed_out);
}

/// Share of the requests that give the budget a sample.
double share_of_requests(const verdict::budget& b, const scenario::scenario_config& scenario) {
    double weights = 0;
    double selected = 0;
    for (const auto& s : scenario.load.services) {
        weights += s.weight;
        if (b.service.empty() || s.name == b.service) selected += s.weight;
    }
    constexpr std::string_view of_responses[] = {"e2e", "vehicle", "notify", "platform"};
    const bool needs_response = std::ranges::count(of_responses, b.metric) != 0;
    const bool needs_silence = b.metric == "expiry";
    double vehicles = scenario.fleet.segments.empty() ? 1 : 0;
    for (const auto& s : scenario.fleet.segments) {
        if (!b.segment.empty() && s.name != b.segment) continue;
        const bool answers = responds(scenario, s);
        if ((needs_response && !answers) || (needs_silence && answers)) continue;
        vehicles += s.fleet_fraction.value;
    }
    return weights > 0 ? selected / weights * vehicles : 0;
}

/// Telemetry messages of a vehicle a second, at the longest period of each group.
double messages_per_vehicle(const verdict::budget& b, const telemetry::telemetry_options& telemetry) {
    double sum = 0;
    for (const auto& g : telemetry.groups) {
        if (!b.group.empty() && g.name != b.group) continue;
        nanoseconds longest{0};
        for (const auto& period : {g.every.parked, g.every.driving, g.every.charging})
            longest = std::max(longest, period.value_or(nanoseconds{0}));
        if (longest.count() > 0) sum += 1 / seconds(longest);
    }
    return sum;
}

experiment::sample_rate sample_rate_of(const verdict::budget& b, const scenario::scenario_config& scenario,
                                       load_metric metric) {
    if (metric == load_metric::connect_rate) return {};
    if (b.metric.starts_with("telemetry.") || b.metric.starts_with("tap.")) {
        const auto each = messages_per_vehicle(b, scenario.fleet.telemetry);
        if (metric == load_metric::vehicles) return {.fixed = 0, .for_load = each};
        return {.fixed = each * scenario.fleet.vehicles, .for_load = 0};
    }
    if (!verdict::is_of_requests(b)) return {};
    const auto share = share_of_requests(b, scenario);
    if (metric == load_metric::rate) return {.fixed = 0, .for_load = share};
    return {.fixed = highest_rate(scenario).per_second * share, .for_load = 0};
}

} // namespace

problems check_for_steps(const scenario::scenario_config& scenario, load_metric metric, bool rehearses) {
    problems found;
    const auto check = [&found](bool is_there, const char* place, const char* what) {
        if (is_there)
            found.add(place,
                      fmt::format("a capacity search compares steps of one load each, and {} would be in some of "
                                  "them only; leave them out: --set '{}=[]'",
                                  what, place));
    };
    check(!scenario.conditions.empty(), "conditions", "conditions");
    check(!scenario.campaigns.empty(), "campaigns", "campaigns");
    if (rehearses && metric == load_metric::connect_rate)
        found.add("--metric connectRate", "a rehearsal connects nothing; leave --rehearse out");
    return found;
}

rate highest_rate(const scenario::scenario_config& scenario) {
    rate highest;
    for (const auto& p : scenario.load.phases) {
        if (p.pause) continue;
        auto here = std::max(p.arrival_rate.per_second, p.ramp_to.value_or(rate{}).per_second);
        if (p.arrival_count && p.duration.count() > 0)
            here = static_cast<double>(*p.arrival_count) / seconds(p.duration);
        highest.per_second = std::max(highest.per_second, here);
    }
    return highest;
}

std::vector<experiment::sample_rate> sample_rates_of(const scenario::scenario_config& scenario, load_metric metric) {
    std::vector<experiment::sample_rate> all;
    for (const auto& b : scenario.budgets) all.push_back(sample_rate_of(b, scenario, metric));
    return all;
}

} // namespace loadsim::app
