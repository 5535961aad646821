#include "yaml_node.hpp"

#include <yaml-cpp/emitter.h>

#include <algorithm>
#include <utility>

namespace loadsim::scenario {
namespace {

void emit(YAML::Emitter& out, const yaml_node& n) {
    switch (n.what) {
    case yaml_node::kind::null: out << YAML::Null; break;
    case yaml_node::kind::scalar: out << n.text; break;
    case yaml_node::kind::list:
        if (n.items.empty()) out << YAML::Flow;
        out << YAML::BeginSeq;
        for (const auto& item : n.items) emit(out, item);
        out << YAML::EndSeq;
        break;
    case yaml_node::kind::map:
        if (n.members.empty()) out << YAML::Flow;
        out << YAML::BeginMap;
        for (const auto& m : n.members) {
            out << YAML::Key << m.key << YAML::Value;
            emit(out, m.value);
        }
        out << YAML::EndMap;
        break;
    }
}

} // namespace

const yaml_node* yaml_node::find(std::string_view key) const {
    const auto found = std::ranges::find(members, key, &yaml_member::key);
    return found == members.end() ? nullptr : &found->value;
}

yaml_node* yaml_node::find(std::string_view key) { return const_cast<yaml_node*>(std::as_const(*this).find(key)); }

void yaml_node::add(std::string_view key, yaml_node value) {
    what = kind::map;
    members.push_back({std::string(key), value.location, std::move(value)});
}

yaml_node make_node(yaml_node::kind what, source_location location) {
    yaml_node made;
    made.what = what;
    made.location = location;
    return made;
}

yaml_node make_scalar(std::string text, source_location location) {
    yaml_node made = make_node(yaml_node::kind::scalar, location);
    made.text = std::move(text);
    return made;
}

yaml_node make_map(std::string_view key, yaml_node value) {
    yaml_node made;
    made.add(key, std::move(value));
    return made;
}

std::string description(const yaml_node& n) {
    switch (n.what) {
    case yaml_node::kind::null: return "nothing";
    case yaml_node::kind::scalar: return "'" + n.text + "'";
    case yaml_node::kind::list: return "a list";
    case yaml_node::kind::map: return "a map";
    }
    return {};
}

std::string to_yaml(const yaml_node& n) {
    YAML::Emitter out;
    emit(out, n);
    return std::string(out.c_str(), out.size()) + "\n";
}

} // namespace loadsim::scenario
