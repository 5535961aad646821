// Alternating runs of two competitors, with retries.
#pragma once

#include "comparison.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace loadsim::bench {

/// Runs of both competitors, in the order of the pairs.
struct paired_runs {
    std::vector<metrics> baseline;
    std::vector<metrics> loadsim;
};

/// Shape: a failed run (a busy machine may lose a response) is recorded and repeated, at most twice.
class alternating_runs {
public:
    using run = std::function<metrics()>;

    metrics run_once(const std::string& name, const run&);
    /// Runs `count` pairs back to back; the competitor that runs first alternates.
    paired_runs run_pairs(const std::string& name, std::uint32_t count, const run& baseline, const run& loadsim);

    /// One sentence per failed run.
    const std::vector<std::string>& failures() const noexcept { return failures_; }

private:
    std::vector<std::string> failures_;
};

} // namespace loadsim::bench
