// Results of the fleet benchmark, and their Markdown and JSON files.
#pragma once

#include "alternating_runs.hpp"
#include "comparison.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace loadsim::bench {

/// One metric of the baseline and of loadsim.
struct comparison_row {
    std::string name;
    std::string unit;
    std::string target; ///< target shown in the table; empty: none
    int digits = 1;     ///< digits after the decimal point
    std::vector<double> baseline;
    std::vector<double> loadsim;
};

/// Runs with one fleet size.
struct scale_row {
    std::uint32_t vehicles = 0;
    paired_runs runs;
};

/// Runs of Paho and of loadsim's engine with one number of sessions.
struct paho_row {
    std::uint32_t sessions = 0;
    std::vector<metrics> paho;
    std::vector<metrics> engine;
};

struct results {
    std::string name = "fleet"; ///< of the files
    std::map<std::string, std::string> machine;
    std::uint32_t pairs = 0;
    std::vector<comparison_row> comparisons;
    std::vector<scale_row> scale;
    std::vector<paho_row> paho;
    std::vector<std::string> notes;         ///< explanations printed below the tables
    std::vector<std::string> repeated_runs; ///< failed and repeated runs, with the reason
};

std::string to_markdown(const results&);
std::string to_json(const results&);

/// NAME.md and NAME.json. Throws when they cannot be written.
void write(const results&, const std::filesystem::path& folder);

} // namespace loadsim::bench
