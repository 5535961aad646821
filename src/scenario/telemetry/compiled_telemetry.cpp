#include "telemetry/compiled_telemetry.hpp"

#include "check.hpp"
#include "telemetry/builtin_trips.hpp"

#include <loadsim/telemetry/signals.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace loadsim::scenario {
namespace {

std::size_t fleet_group_count(const fleet::options& f) {
    return f.telemetry.groups.size() - std::min<std::size_t>(f.segment_only_groups, f.telemetry.groups.size());
}

} // namespace

std::vector<std::string> signal_names() {
    std::vector<std::string> names;
    for (const auto& s : telemetry::signal_table()) names.emplace_back(s.name);
    return names;
}

std::string path_of_telemetry(const fleet::options& f, std::size_t message) {
    const auto& groups = f.telemetry.groups;
    if (message < fleet_group_count(f)) return fmt::format("fleet.telemetry[{}]", message);
    if (message >= groups.size()) return fmt::format("fleet.alarms[{}]", message - groups.size());
    for (auto s = f.segments.size(); s-- > 0;) { // the last one: of two groups with a name it is the wrong one
        if (!f.segments[s].telemetry) continue;
        const auto& names = *f.segments[s].telemetry;
        if (const auto at = std::ranges::find(names, groups[message].name); at != names.end())
            return fmt::format("fleet.segments[{}].telemetry[{}]", s, at - names.begin());
    }
    return "fleet.segments";
}

std::vector<contract::message_template> compile_telemetry(const scenario_config& config,
                                                          const contract::scenario_symbols& symbols, problems& found) {
    const auto& options = config.fleet.telemetry;
    const auto known = contract::symbols_in(contract::template_scope::telemetry, symbols, {});
    std::vector<std::string> no_pointers; // a telemetry message belongs to no command
    std::vector<contract::message_template> all;
    const auto compile_message = [&](const contract::message_options& message) {
        auto made = contract::message_template::compile(message, known, no_pointers,
                                                        path_of_telemetry(config.fleet, all.size()));
        if (!made) found.add(made.error());
        all.push_back(made ? std::move(*made) : contract::message_template{});
    };
    for (const auto& g : options.groups) compile_message(g.message);
    for (const auto& a : options.alarms) compile_message(a.message);
    return all;
}

std::vector<std::vector<std::uint32_t>> segment_groups_of(const scenario_config& config) {
    const auto& groups = config.fleet.telemetry.groups;
    std::vector<std::uint32_t> of_fleet;
    for (std::uint32_t i = 0; i < fleet_group_count(config.fleet); ++i) of_fleet.push_back(i);
    std::vector<std::vector<std::uint32_t>> all;
    for (const auto& s : config.fleet.segments) {
        if (!s.telemetry) {
            all.push_back(of_fleet);
            continue;
        }
        auto& own = all.emplace_back();
        for (const auto& name : *s.telemetry)
            if (const auto at = std::ranges::find(groups, name, &telemetry::group_options::name); at != groups.end())
                own.push_back(static_cast<std::uint32_t>(at - groups.begin()));
    }
    if (all.empty()) all.push_back(of_fleet); // read() adds one segment to a fleet without any
    return all;
}

telemetry::trip_options trips_of(const fleet::options& f) {
    auto trips = f.trips.value_or(telemetry::trip_options{});
    if (trips.routes.empty()) trips.routes = builtin_routes();
    return trips;
}

telemetry::vehicle_model vehicle_model_of(const scenario_config& config) {
    return {trips_of(config.fleet), config.seed};
}

telemetry::rate_factors rate_factors_of(const scenario_config& config) {
    telemetry::rate_factors made;
    nanoseconds start{0};
    double last = 1;
    for (const auto& p : config.load.phases) {
        if (p.telemetry_factor != last && p.duration > nanoseconds{0}) made.set(start, last = p.telemetry_factor);
        start += p.duration;
    }
    for (const auto& s : load_spikes_of(config))
        if (const double factor = config.conditions[s.condition_index].telemetry_factor; factor != 1)
            made.multiply(s.from, s.until, factor);
    return made;
}

} // namespace loadsim::scenario
