// One run of the loadsim program, measured from outside.
#pragma once

#include "bench_environment.hpp"
#include "comparison.hpp"
#include "measured_process.hpp"
#include "workload.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace loadsim::bench {

/// Scenario (YAML) for the workload.
std::string scenario_yaml(const workload&);

class loadsim_run {
public:
    loadsim_run(const bench_environment&, const workload&);

    /// Waits until all sessions are online. Returns connects per second.
    double await_online();
    /// Time at which the last session came online.
    std::chrono::steady_clock::time_point online_since() const noexcept { return online_since_; }
    pid_t pid() const noexcept { return process_.pid(); }
    /// Waits for process exit. Metrics from summary.json; throws unless every request was executed.
    metrics finish();

private:
    bool all_online();

    workload workload_;
    std::filesystem::path report_;
    measured_process process_;
    std::chrono::steady_clock::time_point online_since_{};
};

} // namespace loadsim::bench
