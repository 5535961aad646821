#include "dotted_name.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/spelling.hpp>

#include <algorithm>
#include <vector>

namespace loadsim::contract {
namespace {

constexpr std::size_t max_listed = 20; // candidates in a sentence

std::string_view behind_last_dot(std::string_view name) { return name.substr(name.rfind('.') + 1); } // npos + 1 is 0

} // namespace

std::string unknown_dotted_name(std::string_view what, std::string_view name, std::span<const std::string> candidates) {
    const std::vector<std::string_view> all(candidates.begin(), candidates.end());
    if (nearest_name(name, all).empty()) {
        const auto same_end = std::ranges::find_if(all, [&](std::string_view one) {
            return equal_ignoring_case(behind_last_dot(one), behind_last_dot(name));
        });
        const auto sentence = "unknown " + std::string(what) + " '" + std::string(name) + "'";
        if (same_end != all.end()) return sentence + "; did you mean '" + std::string(*same_end) + "'?";
        if (all.size() > max_listed)
            return unknown_name(what, name, std::span(all).first(max_listed)) + " and " +
                   std::to_string(all.size() - max_listed) + " more";
    }
    return unknown_name(what, name, all);
}

} // namespace loadsim::contract
