// External program that answers questions in JSON lines (docs/exec.md), as configured.
#pragma once

#include <loadsim/base/time.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace loadsim {

struct program_options {
    std::string path{};                            ///< of an executable file
    std::vector<std::string> arguments{};          ///< passed to it
    nanoseconds timeout = std::chrono::seconds{1}; ///< from a question to its answer
    std::uint32_t in_flight = 1'000;               ///< questions that wait for an answer, of each shard
    friend bool operator==(const program_options&, const program_options&) = default;
};

} // namespace loadsim
