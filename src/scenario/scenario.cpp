#include <loadsim/scenario/scenario.hpp>

#include <algorithm>
#include <cassert>
#include <variant>

namespace loadsim::scenario {

namespace {

std::vector<net::endpoint> all_of(const std::optional<net::endpoint>& first, const std::vector<net::endpoint>& more) {
    std::vector<net::endpoint> all;
    if (first) all.push_back(*first);
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

/// "mqtt", "webhook"; where there are several of a kind "poll 1", "poll 2".
std::vector<std::string> names_of(const std::vector<observe::options>& observers) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < observers.size(); ++i) {
        const auto kind = observe::kind_of(observers[i]);
        const auto is_same = [&](const observe::options& o) { return o.index() == observers[i].index(); };
        std::string name(kind);
        if (std::ranges::count_if(observers, is_same) > 1)
            name +=
                " " + std::to_string(1 + std::count_if(observers.begin(),
                                                       observers.begin() + static_cast<std::ptrdiff_t>(i), is_same));
        names.push_back(std::move(name));
    }
    return names;
}

} // namespace

bool needs_a_broker(const document& d) {
    const auto is_mqtt = [](const observe::options& o) { return std::holds_alternative<observe::mqtt_options>(o); };
    return d.fleet.link == fleet::link_kind::mqtt || d.load.driver == drive::kind::mqtt || !d.campaigns.empty() ||
           std::ranges::any_of(d.load.observers, is_mqtt);
}

std::vector<net::endpoint> brokers_of(const target& t) { return all_of(t.broker, t.more_brokers); }
std::vector<net::endpoint> apis_of(const target& t) { return all_of(t.api, t.more_apis); }

bool speaks_our_own(const document& d) {
    auto spoken = d.contract;
    spoken.telemetry.reset(); // nobody has to understand it
    spoken.deadlines.reset();
    return spoken == contract::options{};
}

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
    if (d.load.driver == drive::kind::mqtt)
        made.observers.emplace_back("mqtt driver"); // hears the vehicles' last words itself
    else
        made.observers = names_of(d.load.observers);
    for (const auto& c : d.campaigns) made.campaigns.push_back(c.name);
    return made;
}

} // namespace loadsim::scenario
