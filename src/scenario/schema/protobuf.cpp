#include "schema/composite_types.hpp"
#include "schema_visitors.hpp"

#include <fmt/format.h>

#include <set>
#include <string_view>

namespace loadsim::scenario::value_types {
namespace {

constexpr std::size_t max_protobuf_fields = 500;
constexpr std::size_t max_list_values = 1000;

} // namespace

void protobuf_fields::read(scenario::read_context& r, const yaml_node& n, list& out) const {
    if (!r.expect_map(n, "a map of fields to values") ||
        !check_item_count(r, n, n.members.size(), "fields", max_protobuf_fields))
        return;
    out.clear();
    std::set<std::string_view> seen;
    for (const auto& m : n.members) {
        if (!seen.insert(m.key).second) continue; // expect_map() has reported it
        const auto guard = r.enter(m.key);
        if (m.key.empty()) r.add_problem(m.location, "the name of a field belongs here");
        if (m.value.what != yaml_node::kind::list) {
            payload{}.read(r, m.value, out.emplace_back(m.key, list::value_type::second_type{}).second);
            continue;
        }
        const auto& values = m.value.items;
        if (values.empty()) r.add_problem(m.location, "the list is empty; leave the field out");
        if (!check_item_count(r, m.value, values.size(), "values", max_list_values)) continue;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto item = r.enter(i);
            payload{}.read(r, values[i],
                           out.emplace_back(fmt::format("{}[{}]", m.key, i), list::value_type::second_type{}).second);
        }
    }
}

yaml_node protobuf_fields::write(const list& all) const {
    yaml_node made = make_node(yaml_node::kind::map);
    for (const auto& [path, value] : all) made.add(path, payload{}.write(value));
    return made;
}

json::object protobuf_fields::schema() const {
    return {{"type", "object"},
            {"minProperties", 1},
            {"maxProperties", max_protobuf_fields},
            {"additionalProperties",
             any_of(payload{}.schema(), value_types::list<payload>{{}, "values", max_list_values}.schema())}};
}

} // namespace loadsim::scenario::value_types
