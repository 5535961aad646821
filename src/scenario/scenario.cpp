#include <loadsim/scenario/scenario.hpp>

#include <algorithm>
#include <cassert>

namespace loadsim::scenario {

const vehicle::behaviour& behaviour_of(const document& d, std::string_view name) {
    const auto found = std::ranges::find(d.behaviours, name, &vehicle::behaviour::name);
    assert(found != d.behaviours.end());
    return *found;
}

measure::legend legend_of(const document& d) {
    measure::legend made;
    for (const auto& s : d.load.services) made.services.push_back(s.name);
    for (const auto& p : phases_of(d)) made.phases.push_back(p.name);
    for (const auto& s : d.fleet.segments) {
        made.segments.push_back(s.name);
        made.behaviours.push_back(s.behaviour);
    }
    if (d.fleet.segments.empty()) { // only in documents made by hand: read() gives them one
        made.segments.emplace_back("all");
        made.behaviours.emplace_back("success");
    }
    for (const auto& c : d.conditions) made.conditions.push_back(c.name);
    return made;
}

} // namespace loadsim::scenario
