// What is measured, how often and with how many.
#pragma once

#include "results.hpp"
#include "stage.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace loadsim::bench {

struct plan {
    bench::programs programs;
    std::filesystem::path scratch;
    std::uint32_t pairs = 5;
    std::uint32_t scale_runs = 3;
    std::chrono::seconds measured{10};
    bool connect = true;
    bool round_trip = true;
    bool exchange = true;
    bool scale = true;
    bool paho = true;
};

results measure(const plan&);

} // namespace loadsim::bench
