// Checks of the conditions.
#include "check.hpp"

#include <loadsim/base/spelling.hpp>
#include <loadsim/net/source_addresses.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace loadsim::scenario {
namespace {

using vehicle::condition;

/// Limit, because each occurrence has a row in the report.
constexpr std::uint32_t max_occurrences = 10'000;

std::string path_of(const scenario_config& config, std::size_t i, std::string_view key = {}) {
    const auto path = fmt::format("conditions[{}].{}", i, to_string(config.conditions[i].type));
    return key.empty() ? path : fmt::format("{}.{}", path, key);
}

void check_condition_segments(const scenario_config& config, std::size_t i, problems& all) {
    std::vector<std::string_view> known;
    for (const auto& s : config.fleet.segments) known.push_back(s.name);
    const auto& names = config.conditions[i].segments;
    for (std::size_t s = 0; s < names.size(); ++s)
        if (std::ranges::count(known, names[s]) == 0)
            all.add(fmt::format("{}[{}]", path_of(config, i, "segments"), s), unknown_name("segment", names[s], known));
}

void check_condition_time(const scenario_config& config, std::size_t i, problems& all) {
    if (load_seconds(config.load) > max_load_seconds) return; // reported by check_load()
    nanoseconds load{0};
    for (const auto& p : config.load.phases) load += p.duration;
    const auto& c = config.conditions[i];
    const auto max_count = c.type == condition::kind::spike ? max_spikes : max_occurrences;
    if (c.start >= load)
        all.add(path_of(config, i, "at"), fmt::format("it begins after {}, and the load has ended by then: it lasts {}",
                                                      format_duration(c.start), format_duration(load)));
    else if (c.interval && *c.interval > nanoseconds{0} && (load - c.start) / *c.interval >= max_count)
        all.add(path_of(config, i, "every"), fmt::format("it comes more than {} times", max_count));
}

void check_condition_requirements(const scenario_config& config, std::size_t i, problems& all) {
    const auto& c = config.conditions[i];
    if (c.type == condition::kind::outage && config.fleet.link == fleet::link_kind::broker_api)
        all.add(path_of(config, i),
                "with link: broker-api there is no broker to stop; a burst of fleet.brokerApi.faults "
                "rejects all commands for a while");
    else if (c.type == condition::kind::outage && !(config.target.embedded && !config.target.broker))
        all.add(path_of(config, i), "only the embedded broker can be stopped; remove target.broker, or this condition");
    if (c.type != condition::kind::handover) return;
    const auto sources = net::parse_source_addresses(config.fleet.source_addresses);
    if (sources && sources->size() < 2)
        all.add(path_of(config, i),
                "a handover goes to another address of this machine: give fleet.sourceAddresses two at least");
}

struct condition_span {
    nanoseconds from, until;
    std::string name;
    std::size_t condition_index;
};

/// `spans`: ordered by begin.
void check_overlaps(const scenario_config& config, const std::vector<condition_span>& spans, problems& all) {
    std::set<std::size_t> reported;
    for (std::size_t i = 1; i < spans.size(); ++i) {
        const auto& [from, until, name, c] = spans[i];
        const auto& before = spans[i - 1];
        if (before.condition_index == c || from >= before.until) continue; // itself: see vehicle::check(condition)
        if (reported.insert(c).second)
            all.add(path_of(config, c, "at"),
                    fmt::format("'{}' begins after {}, before '{}' is over (after {})", name, format_duration(from),
                                before.name, format_duration(before.until)));
    }
}

/// Requests are counted by the names of phases, so that each part of one needs a name of its own.
void check_names_of_spikes(const scenario_config& config, problems& all) {
    const auto& phases = config.load.phases;
    const auto spikes = load_spikes_of(config);
    std::map<std::string, std::size_t> condition_of; // by name of the part
    nanoseconds start{0};
    for (const auto& p : phases) {
        for (const auto& s : spikes) {
            if (!overlaps(p, start, s)) continue;
            const auto name = phase_name_of(p, s);
            const auto same = std::ranges::find(phases, name, &loadsim::load::phase::name);
            if (same != phases.end())
                return all.add(
                    fmt::format("load.phases[{}].name", same - phases.begin()),
                    fmt::format("'{}' is the name of the part of '{}' in the spike '{}', too; choose another", name,
                                p.name, s.name));
            if (condition_of.try_emplace(name, s.condition_index).first->second != s.condition_index)
                return all.add(
                    path_of(config, s.condition_index, "name"),
                    fmt::format("two spikes give a part of the phase '{}' the name '{}'; choose another name", p.name,
                                name));
        }
        start += p.duration;
    }
}

void check_spikes(const scenario_config& config, problems& all) {
    std::vector<condition_span> spikes;
    for (const auto& s : load_spikes_of(config)) spikes.push_back({s.from, s.until, s.name, s.condition_index});
    check_overlaps(config, spikes, all);
}

/// One broker can be taken down once at a time; the report names the begin of each outage.
void check_outages(const scenario_config& config, problems& all) {
    if (load_seconds(config.load) > max_load_seconds) return; // reported by check_load()
    nanoseconds load{0};
    for (const auto& p : config.load.phases) load += p.duration;
    std::vector<condition_span> outages;
    for (std::size_t c = 0; c < config.conditions.size(); ++c) {
        const auto& one = config.conditions[c];
        const auto count = one.type == condition::kind::outage ? vehicle::occurrence_count(one, load) : 0;
        for (std::uint32_t n = 0; n < std::min<std::uint64_t>(count, max_occurrences); ++n) {
            const auto from = vehicle::start_of(one, n);
            outages.push_back({from, from + one.duration.a, one.name, c});
        }
    }
    std::ranges::stable_sort(outages, {}, &condition_span::from);
    check_overlaps(config, outages, all);
}

} // namespace

void check_conditions(const scenario_config& config, problems& all) {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < config.conditions.size(); ++i) {
        const auto& c = config.conditions[i];
        for (auto& f : vehicle::check(c)) all.add(path_of(config, i, f.path), std::move(f.text));
        if (!c.name.empty() && !seen.insert(c.name).second)
            all.add(path_of(config, i, "name"), fmt::format("there are two conditions called '{}'", c.name));
        check_condition_segments(config, i, all);
        check_condition_time(config, i, all);
        check_condition_requirements(config, i, all);
    }
    check_spikes(config, all);
    check_names_of_spikes(config, all);
    check_outages(config, all);
}

} // namespace loadsim::scenario
