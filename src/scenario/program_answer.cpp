#include <loadsim/scenario/program_answer.hpp>

#include "schema.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::scenario {
namespace {

namespace json = boost::json;

struct answer_keys {
    std::optional<std::vector<vehicle::step>> steps;
    std::optional<outcome_set> expect;
};

template <class V>
void describe(V& v, answer_keys& k) {
    v.field("steps", k.steps, "Steps of the vehicle, as in a behaviour; []: it says nothing.",
            value_types::list<value_types::step>{{}, "steps", value_types::max_steps});
    v.field("expect", k.expect, "Outcome or outcomes with a correct platform; left out: derived from the steps.",
            value_types::outcomes{});
}

/// JSON as a node of YAML.
yaml_node node_of(const json::value& value) {
    switch (value.kind()) {
    case json::kind::null: return make_node(yaml_node::kind::null);
    case json::kind::string: return make_scalar(std::string(value.get_string()));
    case json::kind::array: {
        auto list = make_node(yaml_node::kind::list);
        for (const auto& item : value.get_array()) list.items.push_back(node_of(item));
        return list;
    }
    case json::kind::object: {
        auto map = make_node(yaml_node::kind::map);
        for (const auto& [name, member] : value.get_object()) map.add(name, node_of(member));
        return map;
    }
    case json::kind::bool_:
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: break;
    }
    return make_scalar(json::serialize(value));
}

problems located(const std::string& place, const std::string& text) {
    return problems{{}, place.empty() ? text : fmt::format("{}: {}", place, text)};
}

} // namespace

result<vehicle::behaviour> read_program_answer(const json::object& answer) {
    auto node = make_node(yaml_node::kind::map);
    for (const auto& [name, value] : answer)
        if (name != "id") node.add(name, node_of(value));
    read_context context;
    answer_keys keys;
    value_types::object<answer_keys>{}.read(context, node, keys);
    if (const auto& found = context.located_problems(); !found.empty())
        return located(found.front().path, found.front().text);
    if (!keys.steps) return located({}, "'steps' is missing; [] says nothing");
    vehicle::behaviour made;
    made.name = "answer"; // which check() asks for
    made.steps = std::move(*keys.steps);
    made.expected = keys.expect.value_or(vehicle::expected_of(made));
    if (const auto found = vehicle::check(made); !found.empty()) return located(found.front().path, found.front().text);
    return made;
}

} // namespace loadsim::scenario
