// Scenario texts and readers shared by the tests.
#pragma once

#include <loadsim/scenario/read.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

inline std::string file_text(const std::filesystem::path& file) {
    std::ifstream in(file);
    EXPECT_TRUE(in) << file;
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Minimal scenario, followed by `more` at the top level.
inline std::string minimal_scenario(std::string_view more) {
    return "name: t\nload: {phases: [{duration: 10, arrivalRate: 1}]}\n" + std::string(more);
}

/// Minimal scenario, followed by `more` in its load; `more` begins on line 4.
inline std::string scenario_with_load(std::string_view more) {
    return "name: t\nload:\n  phases: [{duration: 10, arrivalRate: 1}]\n" + std::string(more);
}

inline scenario_config read_valid(std::string_view yaml, std::span<const value_override> overrides = {}) {
    auto made = read(yaml, "f", overrides);
    EXPECT_TRUE(made) << yaml << "\n" << to_string(made.error());
    return made ? *made : scenario_config{};
}

/// All problems, one per line; "" for none.
inline std::string problems_of(std::string_view yaml, std::span<const value_override> overrides = {}) {
    const auto made = read(yaml, "f", overrides);
    return made ? "" : to_string(made.error());
}

} // namespace loadsim::scenario
