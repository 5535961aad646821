#include "schema_visitors.hpp"

#include "renamed_names.hpp"

#include <algorithm>

namespace loadsim::scenario {

source_location object_reader::location_of(std::string_view name) const {
    return std::ranges::find(from_.members, name, &yaml_member::key)->location;
}

bool object_reader::has_old_name_of(std::string_view name) const {
    return std::ranges::any_of(from_.members, [&](const yaml_member& m) {
        return !present_name(m.key, {&name, 1}).empty();
    });
}

void object_reader::finish() const {
    for (const auto& m : from_.members) {
        if (std::ranges::count(names_, m.key) != 0) continue;
        const auto guard = context_.enter(m.key);
        context_.add_problem(m.location, unknown_or_renamed("key", m.key, names_));
    }
}

bool value_types::check_item_count(read_context& r, const yaml_node& n, std::size_t count, std::string_view what,
                                   std::size_t max) {
    if (count <= max) return true;
    r.add_problem(n, std::to_string(count) + " " + std::string(what) + "; " + std::to_string(max) + " are the most");
    return false;
}

} // namespace loadsim::scenario
