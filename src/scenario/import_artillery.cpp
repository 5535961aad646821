#include <loadsim/scenario/import_artillery.hpp>

#include "artillery/names.hpp"
#include "artillery/translation.hpp"

#include <loadsim/base/output.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace loadsim::scenario {
namespace {

using artillery::note_list;
using artillery::unusable_script;

constexpr std::size_t max_notes_in_comment = 100;
constexpr std::size_t max_environments = 20;
constexpr std::uint32_t most_rows = 100'000; // of a payload that is repeated

struct named_environment {
    std::string name;
    yaml_node config; ///< merged
};

/// Environments of the script that become such of the scenario.
std::vector<named_environment> environments_of(const yaml_node& config, note_list& notes) {
    std::vector<named_environment> all;
    const auto* environments = artillery::find(config, {"environments"});
    if (environments == nullptr) return all;
    for (const auto& m : environments->members) {
        if (all.size() == max_environments || !artillery::is_plain_name(m.key) ||
            m.value.what != yaml_node::kind::map) {
            notes.add(m.location.line,
                      fmt::format("the environment '{}' is not carried over: {} with names of letters, digits, "
                                  "'_' and '-' are the most",
                                  artillery::shown(m.key), max_environments));
            continue;
        }
        if (m.value.find("payload") != nullptr)
            notes.add(*m.value.find("payload"),
                      "the payload of an environment is not carried over: import it with --environment");
        all.push_back({m.key, artillery::merged(config, m.value)});
    }
    return all;
}

/// The config that the scenario itself is made of.
yaml_node chosen_config(const yaml_node& root, const std::string& environment) {
    const auto* own = artillery::find(root, {"config"});
    auto config =
        own == nullptr || own->what != yaml_node::kind::map ? make_node(yaml_node::kind::map, root.location) : *own;
    if (environment.empty()) return config;
    const auto* chosen = artillery::find(config, {"environments", environment});
    if (chosen == nullptr) {
        std::string known;
        if (const auto* all = artillery::find(config, {"environments"}))
            for (const auto& m : all->members) known += (known.empty() ? "" : ", ") + artillery::shown(m.key);
        throw unusable_script{config.location,
                              fmt::format("the script has no environment '{}'; it has {}",
                                          artillery::shown(environment), known.empty() ? "none" : known)};
    }
    auto made = artillery::merged(config, *chosen);
    std::erase_if(made.members, [](const yaml_member& m) { return m.key == "environments"; });
    return made;
}

std::string header_comment(const std::string& file, const std::vector<import_note>& notes) {
    auto made = fmt::format(
        "# The load of {0}, a script of Artillery: its phases with as many arrivals, each of which is one request.\n"
        "# The vehicles receive no commands, and any HTTP response that is accepted ends a request. For vehicles that "
        "respond, describe the\n"
        "# messages of the platform (`{1} init` writes a scenario with all keys), and remove brokerApi, the behaviour "
        "and the observer below.\n",
        artillery::shown(file), command_name());
    if (notes.empty()) return made + '\n';
    made += "#\n# Not carried over, or in another way, with the line of the script:\n";
    for (std::size_t i = 0; i < notes.size() && i < max_notes_in_comment; ++i)
        made += fmt::format("#   {}: {}\n", notes[i].line, notes[i].text);
    if (notes.size() > max_notes_in_comment)
        made += fmt::format("#   and {} more\n", notes.size() - max_notes_in_comment);
    return made + '\n';
}

imported_scenario import_tree(const yaml_node& root, const artillery_options& options) {
    note_list notes;
    const auto config = chosen_config(root, options.environment);
    const auto payload = artillery::read_payload(config, options, notes);
    auto base = artillery::translate_script(root, config, payload, options, options.environment, notes);
    auto vehicles = base.vehicles;
    std::vector<std::pair<std::string, yaml_node>> environments;
    for (const auto& [name, merged] : environments_of(config, notes)) {
        auto made = artillery::translate_script(root, merged, payload, options, name, notes);
        vehicles = std::max(vehicles, made.vehicles);
        environments.emplace_back(name, std::move(made.tree));
    }
    if (!payload.columns.empty()) {
        const auto most = payload.has_vins ? static_cast<std::uint32_t>(payload.rows.size()) : most_rows;
        if (vehicles > most)
            notes.add(*artillery::find(config, {"payload"}),
                      fmt::format("the fleet has {} vehicles, the lines of the payload, and each has one open request "
                                  "at a time: with slow "
                                  "responses the peak needs {}",
                                  most, vehicles));
        vehicles = std::min(vehicles, most);
    }
    artillery::set_vehicles(base.tree, vehicles);
    auto all = make_node(yaml_node::kind::map);
    for (auto& [name, tree] : environments) {
        artillery::set_vehicles(tree, vehicles);
        all.add(name, artillery::difference(base.tree, tree));
    }
    // An environment that changes nothing is an empty map.
    for (auto& m : all.members) m.value.what = yaml_node::kind::map;
    if (!all.members.empty()) base.tree.add("environments", std::move(all));

    imported_scenario made{.text = header_comment(options.file, notes.all()), .data = {}, .notes = notes.all()};
    for (const auto& m : base.tree.members) made.text += to_yaml(make_map(m.key, m.value));
    if (!payload.columns.empty()) made.data = payload.csv(vehicles);
    return made;
}

} // namespace

result<imported_scenario> import_artillery(std::string_view script, const artillery_options& options) {
    try {
        return import_tree(artillery::parse_script(script), options);
    } catch (const unusable_script& why) {
        return problems{fmt::format("{}:{}:{}", options.file, why.location.line, why.location.column), why.text};
    }
}

} // namespace loadsim::scenario
