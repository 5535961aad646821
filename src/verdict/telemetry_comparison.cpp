#include "telemetry_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace loadsim::verdict {
namespace {

using measure::delivery_counts;

struct compared_delivery {
    std::string_view name;
    std::uint64_t delivery_counts::*count;
    bool is_forbidden;
    std::uint64_t delivery_counts::*base;
};
constexpr compared_delivery compared_deliveries[] = {
    {"lost", &delivery_counts::lost, true, &delivery_counts::sent},
    {"corrupted", &delivery_counts::corrupted, true, &delivery_counts::sent},
    {"duplicated", &delivery_counts::duplicated, false, &delivery_counts::consumed},
    {"out_of_order", &delivery_counts::out_of_order, false, &delivery_counts::consumed},
};

/// Values of both maps whose indexes have the same name, by that name.
template <class Value>
std::map<std::string_view, std::pair<const Value*, const Value*>>
on_both_sides(const std::map<std::uint32_t, Value>& before, const std::vector<std::string>& old_names,
              const std::map<std::uint32_t, Value>& after, const std::vector<std::string>& new_names) {
    std::map<std::string_view, std::pair<const Value*, const Value*>> both;
    for (const auto& [old_index, was] : before)
        for (const auto& [new_index, is] : after)
            if (old_index < old_names.size() && new_index < new_names.size() &&
                old_names[old_index] == new_names[new_index])
                both[old_names[old_index]] = {&was, &is};
    return both;
}

} // namespace

std::vector<compared_count> telemetry_counts_of(const compared_side& before, const compared_side& after) {
    std::vector<compared_count> rows;
    for (const auto& [name, sides] :
         on_both_sides(before.sum.telemetry, before.labels.telemetry, after.sum.telemetry, after.labels.telemetry)) {
        const auto& [was, is] = sides;
        rows.push_back({{fmt::format("telemetry.lost{{group={}}}", name), was->never_arrived(), is->never_arrived()},
                        true,
                        was->due + was->restored,
                        is->due + is->restored});
    }
    for (const auto& [name, sides] :
         on_both_sides(before.sum.taps, before.labels.taps, after.sum.taps, after.labels.taps)) {
        const auto was = sides.first->sum(), is = sides.second->sum();
        for (const auto& c : compared_deliveries)
            rows.push_back({{fmt::format("tap.{}{{tap={}}}", c.name, name), was.*c.count, is.*c.count},
                            c.is_forbidden,
                            was.*c.base,
                            is.*c.base});
    }
    return rows;
}

} // namespace loadsim::verdict
