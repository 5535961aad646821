// Checks of trips, telemetry groups, alarms and the store.
#include "check.hpp"

#include "telemetry/compiled_telemetry.hpp"

#include <loadsim/base/spelling.hpp>
#include <loadsim/contract/placeholder_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::scenario {
namespace {

constexpr double alarm_rate_most = 1; ///< per second and vehicle, above which the rate is probably a mistake

/// "telemetry[1].every" of telemetry::check() as a path in the scenario.
std::string scenario_path(const fleet::options& f, std::string_view location) {
    const auto open = location.find('[');
    const auto close = location.find(']');
    if (location.starts_with("store") || open == std::string_view::npos || close == std::string_view::npos)
        return fmt::format("fleet.{}", location);
    std::size_t index = 0;
    std::from_chars(location.data() + open + 1, location.data() + close, index);
    if (location.starts_with("alarms")) index += f.telemetry.groups.size();
    return path_of_telemetry(f, index) + std::string(location.substr(close + 1));
}

void check_segment_groups(const fleet::options& f, problems& all) {
    std::vector<std::string_view> known;
    for (const auto& g : f.telemetry.groups) known.emplace_back(g.name);
    for (std::size_t s = 0; s < f.segments.size(); ++s) {
        if (!f.segments[s].telemetry) continue;
        const auto& names = *f.segments[s].telemetry;
        for (std::size_t i = 0; i < names.size(); ++i) {
            const auto path = fmt::format("fleet.segments[{}].telemetry[{}]", s, i);
            const auto before = names.begin() + static_cast<std::ptrdiff_t>(i);
            if (std::find(names.begin(), before, names[i]) != before)
                all.add(path, fmt::format("the segment sends the group '{}' already", names[i]));
            else if (std::ranges::count(known, names[i]) == 0)
                all.add(path, unknown_name("telemetry group", names[i], known));
        }
    }
}

void check_store(const fleet::options& f, problems& all) {
    if (!f.telemetry.store || f.telemetry.store->sqlite.empty()) return;
    const std::filesystem::path folder(f.telemetry.store->sqlite);
    std::error_code unknown;
    if (std::filesystem::exists(folder, unknown) && !std::filesystem::is_directory(folder, unknown) && !unknown)
        all.add("fleet.store.sqlite",
                fmt::format("'{}' is a file; name a folder, in which each shard has a database", folder.string()));
}

/// Calls `visit` with each template of the message that a receiver gets.
void each_text(const contract::message_options& m, const std::function<void(std::string_view)>& visit) {
    visit(m.topic);
    if (m.payload.format != contract::payload_options::payload_format::file) visit(m.payload.text);
    for (const auto& [name, value] : m.user_properties) visit(value);
    if (m.protobuf)
        for (const auto& [field, value] : m.protobuf->fields) visit(value.text);
}

bool mentions(const contract::message_options& m, bool (*matches)(std::string_view name)) {
    bool found = false;
    each_text(m, [&](std::string_view text) {
        for (std::string_view name : contract::placeholder_names(std::string(text))) {
            if (name.starts_with(contract::raw_mark)) name.remove_prefix(contract::raw_mark.size());
            found = found || matches(name);
        }
    });
    return found;
}

} // namespace

bool has_sequence(const contract::message_options& m) {
    return m.vss.has_value() || m.payload.program.has_value() || // a program has it in its questions
           mentions(m, [](std::string_view name) { return name == "seq"; });
}

void check_telemetry(const scenario_config& config, problems& all) {
    const auto& f = config.fleet;
    for (auto& p : telemetry::check(f.telemetry).list) all.add(scenario_path(f, p.location), std::move(p.text));
    if (f.trips)
        for (auto& text : telemetry::check(trips_of(f))) all.add("fleet.trips", std::move(text));
    check_segment_groups(f, all);
    check_store(f, all);
}

void warn_of_telemetry(const scenario_config& config, problems& warnings) {
    const auto& f = config.fleet;
    const auto names_vehicle = [](std::string_view name) {
        return name == "vin" || name == "index" || name.starts_with("data.");
    };
    bool all_lossy = has_telemetry(f);
    for_each_telemetry_message(f, [&](const std::string& path, const contract::message_options& m) {
        if (!m.vss && !m.payload.program && !mentions(m, names_vehicle))
            warnings.add(path + ".topic", "neither topic nor payload names the vehicle, so that a receiver cannot "
                                          "tell whose message it is; put {vin} into the topic");
        all_lossy = all_lossy && m.qos.value_or(static_cast<std::uint8_t>(f.mqtt.response_qos)) == 0;
    });
    const auto sent = segment_groups_of(config);
    for (std::uint32_t i = 0; i < f.telemetry.groups.size(); ++i)
        if (std::ranges::none_of(sent, [i](const auto& groups) { return std::ranges::count(groups, i) != 0; }))
            warnings.add(path_of_telemetry(f, i),
                         "no segment sends this group: all of them have telemetry of their own");
    const double speed = f.trips ? f.trips->speed : 1;
    for (std::size_t i = 0; i < f.telemetry.alarms.size(); ++i)
        if (const double rate = f.telemetry.alarms[i].rate.per_second * speed; rate > alarm_rate_most)
            warnings.add(
                fmt::format("fleet.alarms[{}].rate", i),
                fmt::format("each vehicle sends {:.6g} of these alarms a second, the fleet {:.6g}; the rate is "
                            "that of one vehicle, such as 0.1/day",
                            rate, rate * f.vehicles));
    if (!f.telemetry.store) return;
    if (!has_telemetry(f))
        warnings.add("fleet.store", "it stays empty: the vehicles send no telemetry; give fleet.telemetry");
    else if (all_lossy)
        warnings.add("fleet.store",
                     "all telemetry has QoS 0, so that messages on their way are lost when a link breaks; only those "
                     "that are due afterwards are stored. Use QoS 1 to lose none");
}

} // namespace loadsim::scenario
