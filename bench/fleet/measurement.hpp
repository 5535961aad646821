// Measurement plan of the fleet benchmark: what is measured, how often and at which fleet sizes.
#pragma once

#include "bench_environment.hpp"
#include "results.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>

namespace loadsim::bench {

struct measurement_plan {
    bench::programs programs;
    std::filesystem::path scratch;
    std::uint32_t pairs = 5;
    std::uint32_t unpaired_runs = 3; ///< runs of the scale and Paho tables, which have no target
    std::chrono::seconds measured{10};
    bool quick = false; ///< shorter than for publication; noted in the table
    bool connect = true;
    bool round_trip = true;
    bool exchange = true;
    bool telemetry = true;
    bool scale = true;
    bool paho = true;
    bool tls = true; ///< see tls_measurement.hpp

    bool any_without_tls() const { return connect || round_trip || exchange || telemetry || scale || paho; }
};

/// Calls `on_results` after each part, so that a late failure does not lose earlier results.
results measure(const measurement_plan&, const std::function<void(const results&)>& on_results);

} // namespace loadsim::bench
