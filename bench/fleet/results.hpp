// All that was measured, and the two files it becomes.
#pragma once

#include "comparison.hpp"
#include "turns.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace loadsim::bench {

/// One figure of the floor and of loadsim.
struct contest {
    std::string name;
    std::string unit;
    std::string bar; ///< what is promised of it; empty: nothing
    int digits = 1;  ///< after the point
    std::vector<double> floor;
    std::vector<double> loadsim;
};

/// Fleets of so many vehicles.
struct scale_row {
    std::uint32_t vehicles = 0;
    duel runs;
};

/// Paho and our own engine with so many sessions.
struct paho_row {
    std::uint32_t sessions = 0;
    std::vector<figures> paho;
    std::vector<figures> engine;
};

struct results {
    std::map<std::string, std::string> machine;
    std::uint32_t pairs = 0;
    std::vector<contest> contests;
    std::vector<scale_row> scale;
    std::vector<paho_row> paho;
    std::vector<std::string> notes;    ///< what one has to know to read the tables
    std::vector<std::string> repeated; ///< runs that went wrong and were made again, and why
};

std::string to_markdown(const results&);
std::string to_json(const results&);

/// fleet.md and fleet.json. Throws when they cannot be written.
void write(const results&, const std::filesystem::path& folder);

} // namespace loadsim::bench
