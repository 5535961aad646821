// What most scenario tests begin with.
#pragma once

#include <loadsim/scenario/read.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

/// The least a scenario can say, with room for more at the top level.
inline std::string least_with(std::string_view more) {
    return "name: t\nload: {phases: [{duration: 10, arrivalRate: 1}]}\n" + std::string(more);
}

/// The same with more in its load; `more` begins on line 4.
inline std::string load_with(std::string_view more) {
    return "name: t\nload:\n  phases: [{duration: 10, arrivalRate: 1}]\n" + std::string(more);
}

inline document good(std::string_view yaml, std::span<const setting> settings = {}) {
    auto made = read(yaml, "f", settings);
    EXPECT_TRUE(made) << yaml << "\n" << to_string(made.error());
    return made ? *made : document{};
}

/// All problems, one a line; "" for none.
inline std::string wrong(std::string_view yaml, std::span<const setting> settings = {}) {
    const auto made = read(yaml, "f", settings);
    return made ? "" : to_string(made.error());
}

} // namespace loadsim::scenario
