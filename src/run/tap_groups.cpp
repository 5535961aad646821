#include "tap_groups.hpp"

#include "run_plan.hpp"

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>

#include <algorithm>
#include <string_view>

namespace loadsim::run {
namespace {

/// Filter for a vehicle whose values are all the same.
std::string filter_of_vehicle(const contract::text_template& topic, const contract::scenario_symbols& symbols,
                              const std::string& value, std::uint32_t index) {
    const std::vector<std::string> data(symbols.data.size(), value);
    const std::vector<std::string> variables(symbols.segment.size(), value);
    return topic.topic_filter(
        {.vin = value, .index = index, .segment = value, .data = data, .segment_variables = variables});
}

/// Takes the first level of the topic from `rest`.
std::string_view take_level(std::string_view& rest) {
    const auto level = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), level.size() + 1));
    return level;
}

} // namespace

std::string filter_of_all_vehicles(const contract::text_template& topic, const contract::scenario_symbols& symbols) {
    // A level that is not the same for two vehicles, which have no value in common, depends on the vehicle.
    const auto one = filter_of_vehicle(topic, symbols, "1", 1);
    const auto other = filter_of_vehicle(topic, symbols, "2", 2);
    std::string filter;
    std::string_view rest = one;
    std::string_view rest_of_other = other;
    for (const auto levels = std::ranges::count(one, '/') + 1; levels > std::ranges::count(filter, '/');) {
        const auto level = take_level(rest);
        filter += level == take_level(rest_of_other) ? level : "+";
        filter += '/';
    }
    filter.pop_back();
    return filter;
}

tap_groups tap_groups_of(const std::vector<std::string>& names, const scenario::compiled_scenario& compiled,
                         const observer::tap_options& tap) {
    tap_groups made;
    for (std::uint32_t i = 0; i < names.size(); ++i) {
        if (!tap.telemetry_groups.empty() && std::ranges::count(tap.telemetry_groups, names[i]) == 0) continue;
        made.indexes.push_back(i);
        made.mapping.push_back(
            {names[i], filter_of_all_vehicles(compiled.telemetry_messages.at(i).topic(), compiled.symbols)});
    }
    return made;
}

tap_groups tap_groups_of(const run_plan& plan, const observer::tap_options& tap) {
    return tap_groups_of(plan.labels.telemetry, plan.compiled, tap);
}

} // namespace loadsim::run
