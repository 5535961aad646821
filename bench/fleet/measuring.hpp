// What is measured, how often and with how many.
#pragma once

#include "results.hpp"
#include "stage.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>

namespace loadsim::bench {

struct plan {
    bench::programs programs;
    std::filesystem::path scratch;
    std::uint32_t pairs = 5;
    std::uint32_t other_runs = 3; ///< of what is no duel of the bars: by size of the fleet, Paho
    std::chrono::seconds measured{10};
    bool quick = false; ///< shorter than what is published: the table says so
    bool connect = true;
    bool round_trip = true;
    bool exchange = true;
    bool scale = true;
    bool paho = true;
};

/// `so_far` is told after each part: half an hour of figures is not lost with the last one.
results measure(const plan&, const std::function<void(const results&)>& so_far);

} // namespace loadsim::bench
