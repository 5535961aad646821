#include "check.hpp"

#include <loadsim/base/names.hpp>
#include <loadsim/net/sources.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace loadsim::scenario {
namespace {

using vehicle::condition;

/// Each occurrence has a row in the report.
constexpr std::uint32_t occurrences_most = 10'000;

std::string path_of(const document& d, std::size_t i, std::string_view key = {}) {
    const auto path = fmt::format("conditions[{}].{}", i, to_string(d.conditions[i].what));
    return key.empty() ? path : fmt::format("{}.{}", path, key);
}

void check_segments_of(const document& d, std::size_t i, problems& all) {
    std::vector<std::string_view> known;
    for (const auto& s : d.fleet.segments) known.push_back(s.name);
    const auto& wanted = d.conditions[i].segments;
    for (std::size_t s = 0; s < wanted.size(); ++s)
        if (std::ranges::count(known, wanted[s]) == 0)
            all.add(fmt::format("{}[{}]", path_of(d, i, "segments"), s), unknown_name("segment", wanted[s], known));
}

void check_time_of(const document& d, std::size_t i, problems& all) {
    if (length_of(d.load) > longest_load) return; // told of the load
    nanoseconds load{0};
    for (const auto& p : d.load.phases) load += p.duration;
    const auto& c = d.conditions[i];
    const auto most = c.what == condition::kind::spike ? spikes_most : occurrences_most;
    if (c.at >= load)
        all.add(path_of(d, i, "at"), fmt::format("it begins after {}, and the load has ended by then: it lasts {}",
                                                 format_duration(c.at), format_duration(load)));
    else if (c.every && *c.every > nanoseconds{0} && (load - c.at) / *c.every >= most)
        all.add(path_of(d, i, "every"), fmt::format("it comes more than {} times", most));
}

void check_means_of(const document& d, std::size_t i, problems& all) {
    const auto& c = d.conditions[i];
    if (c.what == condition::kind::outage && d.fleet.link == fleet::link_kind::broker_api)
        all.add(path_of(d, i), "behind its API there is no broker to take away; a burst of fleet.brokerApi.badness "
                               "makes it refuse all for a while");
    else if (c.what == condition::kind::outage && !(d.target.embedded && !d.target.broker))
        all.add(path_of(d, i), "only the embedded broker can be taken away; take target.broker out, or this condition");
    if (c.what != condition::kind::handover) return;
    const auto sources = net::parse_sources(d.fleet.source_addresses);
    if (sources && sources->size() < 2)
        all.add(path_of(d, i),
                "a handover goes to another address of this machine: give fleet.sourceAddresses two at least");
}

void check_spikes(const document& d, problems& all) {
    const auto spikes = spikes_of(d);
    std::set<std::size_t> told;
    for (std::size_t i = 1; i < spikes.size(); ++i) {
        const auto& [from, until, factor, name, c] = spikes[i];
        const auto& before = spikes[i - 1];
        if (before.condition == c || from >= before.until) continue; // of itself: check(condition) has told
        if (told.insert(c).second)
            all.add(path_of(d, c, "at"),
                    fmt::format("'{}' begins after {}, before '{}' is over (after {})", name, format_duration(from),
                                before.name, format_duration(before.until)));
    }
}

} // namespace

void check_conditions(const document& d, problems& all) {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < d.conditions.size(); ++i) {
        const auto& c = d.conditions[i];
        for (auto& f : vehicle::check(c)) all.add(path_of(d, i, f.place), std::move(f.text));
        if (!c.name.empty() && !seen.insert(c.name).second)
            all.add(path_of(d, i, "name"), fmt::format("there are two conditions called '{}'", c.name));
        check_segments_of(d, i, all);
        check_time_of(d, i, all);
        check_means_of(d, i, all);
    }
    check_spikes(d, all);
}

} // namespace loadsim::scenario
