#include <loadsim/base/spelling.hpp>

#include <loadsim/base/encoding.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

namespace loadsim {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (ascii_lower(a[i]) == ascii_lower(b[j]) ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j + 1] + 1, row[j] + 1, replaced});
        }
    }
    return row.back();
}

} // namespace

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
    for (const auto candidate : candidates) {
        const auto distance = edit_distance(name, candidate);
        if (distance < best_distance && distance < candidate.size()) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

std::string unknown_name(std::string_view what, std::string_view name, std::span<const std::string_view> candidates) {
    std::string text = "unknown " + std::string(what) + " '" + std::string(name) + "'";
    if (const auto near = nearest_name(name, candidates); !near.empty())
        return text + "; did you mean '" + std::string(near) + "'?";
    if (candidates.empty()) return text;
    text += "; there are: ";
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (i != 0) text += ", ";
        text += candidates[i];
    }
    return text;
}

} // namespace loadsim
