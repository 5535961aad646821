#include "visitors.hpp"

#include <algorithm>

namespace loadsim::scenario {

place object_reader::place_of(std::string_view name) const {
    return std::ranges::find(from_.members, name, &member::key)->where;
}

void object_reader::finish() const {
    for (const auto& m : from_.members) {
        if (std::ranges::count(names_, m.key) != 0) continue;
        const auto step = reading_.into(m.key);
        reading_.wrong(m.where, unknown_name("key", m.key, names_));
    }
}

bool kinds::are_few_enough(reading& r, const node& n, std::size_t count, std::string_view what, std::size_t most) {
    if (count <= most) return true;
    r.wrong(n, std::to_string(count) + " " + std::string(what) + "; " + std::to_string(most) + " are the most");
    return false;
}

} // namespace loadsim::scenario
