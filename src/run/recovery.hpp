// How the fleet and the platform came over the conditions.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/run_facts.hpp>
#include <loadsim/vehicle/condition.hpp>
#include <loadsim/verdict/budget.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::run {

/// Looks at latency second by second, by the first budget that limits a percentile of all e2e; and at the end at who came back.
/// Threads: one. Pure: it reads no clock.
class recoveries {
public:
    /// `load`: how long it lasts; nothing begins after it.
    recoveries(const std::vector<vehicle::condition>&, const std::vector<verdict::budget>&, nanoseconds load);

    /// What was seen since the call before, up to `load_elapsed`; about once a second, while the load lasts and while it drains.
    void take(nanoseconds load_elapsed, const measure::totals& interval);

    /// Of each occurrence that the run has reached, by time. `sum`: of the whole run.
    std::vector<measure::recovery> made(const measure::totals& sum) const;

private:
    struct occurrence {
        std::string condition;
        measure::totals::occurrence_key key;
        nanoseconds at{0};
    };
    struct second {
        nanoseconds end{0};
        bool within = false; ///< the budget
    };
    void measure_latency(measure::recovery&) const;

    std::vector<occurrence> occurrences_; ///< by time
    std::optional<verdict::budget> budget_;
    std::vector<second> seconds_; ///< those with samples
    nanoseconds reached_{0};
};

} // namespace loadsim::run
