// Recovery tracker: time to recovery of fleet and platform after each condition.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/vehicle/condition.hpp>
#include <loadsim/verdict/budget.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::run {

/// Evaluates the latency of each second against the first budget on a percentile of overall e2e latency; at the end,
/// counts the vehicles that are back.
/// Threads: one. Pure: reads no clock.
class recovery_tracker {
public:
    /// `load_duration`: no condition begins after it.
    recovery_tracker(const std::vector<vehicle::condition>&, const std::vector<verdict::budget>&,
                     nanoseconds load_duration);

    /// Totals since the last call, up to `load_elapsed`. Call about once a second during load and drain.
    void add_interval(nanoseconds load_elapsed, const measure::totals& interval);

    /// One recovery per occurrence that has begun, ordered by time. `sum`: totals of the whole run.
    std::vector<measure::recovery> results(const measure::totals& sum) const;

private:
    struct occurrence {
        std::string condition;
        measure::totals::occurrence_key key;
        nanoseconds at{0};
    };
    struct budget_sample {
        nanoseconds end{0};
        bool within_budget = false; ///< latency meets the budget
    };
    void measure_latency(measure::recovery&) const;

    std::vector<occurrence> occurrences_; ///< by time
    std::optional<verdict::budget> budget_;
    std::vector<budget_sample> budget_samples_; ///< seconds with samples only
    nanoseconds load_elapsed_{0};
};

} // namespace loadsim::run
