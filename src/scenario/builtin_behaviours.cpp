#include <loadsim/scenario/builtin_behaviours.hpp>

#include "embedded_data.hpp"
#include "schema.hpp"
#include "yaml.hpp"

#include <loadsim/base/spelling.hpp>

#include <algorithm>
#include <cassert>

namespace loadsim::scenario {
namespace {

struct behaviour_block {
    std::string_view name;
    std::string_view yaml; ///< its comment and its key below `behaviours:`
};

/// Blocks of data/behaviours.yaml, separated by empty lines; the part before the first is the file's head.
std::vector<behaviour_block> split_behaviours(std::string_view file) {
    std::vector<behaviour_block> blocks;
    for (auto end = file.find("\n\n"); end != std::string_view::npos; end = file.find("\n\n")) {
        file.remove_prefix(end + 2);
        const auto yaml = file.substr(0, std::min(file.find("\n\n"), file.size() - 1) + 1);
        auto name = yaml;
        while (name.starts_with("  #")) name.remove_prefix(name.find('\n') + 1);
        name.remove_prefix(2);
        blocks.push_back({name.substr(0, name.find(':')), yaml});
    }
    return blocks;
}

const std::vector<behaviour_block>& behaviour_blocks() {
    static const auto all = split_behaviours(behaviours_yaml);
    return all;
}

std::vector<vehicle::behaviour> parse_behaviours() {
    read_context r;
    std::vector<vehicle::behaviour> all;
    if (const auto root = parse_yaml(behaviours_yaml, 0, r))
        value_types::keyed_list<value_types::behaviour>{{}, "behaviours", behaviour_blocks().size()}.read(
            r, *root->find("behaviours"), all);
    assert(r.located_problems().empty());
    return all;
}

} // namespace

const std::vector<vehicle::behaviour>& builtin_behaviours() {
    static const auto all = parse_behaviours();
    return all;
}

result<std::string> builtin_behaviours_yaml(const std::vector<std::string>& names) {
    const auto& blocks = behaviour_blocks();
    problems unknown;
    for (const auto& name : names)
        if (std::ranges::count(blocks, name, &behaviour_block::name) == 0) {
            std::vector<std::string_view> known;
            for (const auto& one : blocks) known.push_back(one.name);
            unknown.add("", unknown_name("behaviour", name, known));
        }
    if (!unknown.empty()) return unknown;
    std::string text = "behaviours:\n";
    for (const auto& one : blocks)
        if (names.empty() || std::ranges::count(names, one.name) != 0) text += one.yaml;
    return text;
}

} // namespace loadsim::scenario
