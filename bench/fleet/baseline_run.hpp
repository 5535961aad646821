// One run of the baseline client, measured from outside. Same interface as loadsim_run.
#pragma once

#include "bench_environment.hpp"
#include "comparison.hpp"
#include "measured_process.hpp"
#include "workload.hpp"

#include <chrono>
#include <cstdint>

namespace loadsim::bench {

/// Pending connects at a time, for all competitors: loadsim's own limit.
inline constexpr std::uint32_t max_pending_connects = 100;

class baseline_run {
public:
    baseline_run(const bench_environment&, const workload&);

    /// Waits until all sessions are online. Returns connects per second.
    double await_online();
    /// Time at which the last session came online.
    std::chrono::steady_clock::time_point online_since() const noexcept { return online_since_; }
    pid_t pid() const noexcept { return process_.pid(); }
    /// Waits for process exit. Metrics with the names of loadsim_run's; throws when a session or a response was lost.
    metrics finish();

private:
    workload workload_;
    measured_process process_;
    std::chrono::steady_clock::time_point online_since_{};
};

} // namespace loadsim::bench
