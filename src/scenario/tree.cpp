#include "tree.hpp"

#include <yaml-cpp/emitter.h>

#include <algorithm>
#include <utility>

namespace loadsim::scenario {
namespace {

void emit(YAML::Emitter& out, const node& n) {
    switch (n.what) {
    case node::kind::null: out << YAML::Null; break;
    case node::kind::scalar: out << n.text; break;
    case node::kind::list:
        if (n.items.empty()) out << YAML::Flow;
        out << YAML::BeginSeq;
        for (const auto& item : n.items) emit(out, item);
        out << YAML::EndSeq;
        break;
    case node::kind::map:
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

const node* node::find(std::string_view key) const {
    const auto found = std::ranges::find(members, key, &member::key);
    return found == members.end() ? nullptr : &found->value;
}

node* node::find(std::string_view key) { return const_cast<node*>(std::as_const(*this).find(key)); }

void node::add(std::string_view key, node value) {
    what = kind::map;
    members.push_back({std::string(key), value.where, std::move(value)});
}

node blank(node::kind what, place where) {
    node made;
    made.what = what;
    made.where = where;
    return made;
}

node scalar(std::string text, place where) {
    node made = blank(node::kind::scalar, where);
    made.text = std::move(text);
    return made;
}

node map_of(std::string_view key, node value) {
    node made;
    made.add(key, std::move(value));
    return made;
}

std::string description(const node& n) {
    switch (n.what) {
    case node::kind::null: return "nothing";
    case node::kind::scalar: return "'" + n.text + "'";
    case node::kind::list: return "a list";
    case node::kind::map: return "a map";
    }
    return {};
}

std::string to_yaml(const node& n) {
    YAML::Emitter out;
    emit(out, n);
    return std::string(out.c_str(), out.size()) + "\n";
}

} // namespace loadsim::scenario
