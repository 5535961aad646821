#include "alternating_runs.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>

namespace loadsim::bench {
namespace {
constexpr int max_attempts = 3;
}

metrics alternating_runs::run_once(const std::string& name, const run& execute) {
    for (int attempt = 1;; ++attempt) {
        try {
            fmt::print(stderr, "  {}\n", name);
            return execute();
        } catch (const std::exception& error) {
            if (attempt == max_attempts) throw;
            failures_.push_back(fmt::format("{}: {}", name, error.what()));
            fmt::print(stderr, "  again: {}\n", error.what());
        }
    }
}

paired_runs alternating_runs::run_pairs(const std::string& name, std::uint32_t count, const run& baseline,
                                        const run& loadsim) {
    paired_runs paired;
    for (std::uint32_t i = 0; i < count; ++i) {
        fmt::print(stderr, "{}: pair {} of {}\n", name, i + 1, count);
        if (i % 2 == 0) paired.baseline.push_back(run_once("floor", baseline));
        paired.loadsim.push_back(run_once("loadsim", loadsim));
        if (i % 2 != 0) paired.baseline.push_back(run_once("floor", baseline));
    }
    return paired;
}

} // namespace loadsim::bench
