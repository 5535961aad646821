// Search for the capacity of a platform: which load is measured next, and what the measured steps say.
#pragma once

#include <loadsim/experiment/capacity_result.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/verdict/budget.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::experiment {

/// Samples a second that a budget gets at a load: fixed + for_load * load.
struct sample_rate {
    double fixed = 0;
    double for_load = 1;
};

struct capacity_options {
    load_metric metric{};
    double start = 0;                 ///< first load
    double at_most = 0;               ///< highest load that is tried
    std::optional<double> at_least{}; ///< load that must hold; it is measured itself when it is between the bounds
    double precision = 0.05;          ///< the search ends when the lowest broken load is at most this fraction above
    nanoseconds warm_up{std::chrono::seconds{5}};        ///< of each step; not measured
    nanoseconds step_at_least{std::chrono::seconds{10}}; ///< shortest measured time of a step
    nanoseconds step_at_most{std::chrono::minutes{2}};   ///< longest one
    nanoseconds total_at_most{std::chrono::minutes{30}}; ///< all steps with their warm-ups
    std::uint32_t repetitions_max = 3;                   ///< of one load; then the percentile as observed decides
    /// By index of the budgets. Empty: each unit of the load is one sample a second (requests, connects).
    std::vector<sample_rate> sample_rates{};
};

/// A step that is to be executed. Sessions stay up between steps.
struct planned_step {
    double load = 0;
    nanoseconds warm_up{0};
    nanoseconds measured{0};      ///< after the warm-up
    std::uint32_t repetition = 1; ///< of this load
    std::string why;              ///< "first load", "twice the load", "between 400/s and 800/s" ...
};

/// Measurement of a step, without its warm-up. A latency that misses a limit is the platform's only if the same samples from begun
/// (totals::latencies_from_begun) miss it, too, and p99 of lag and loop delay are small (verdict::evaluate_part()).
struct step_measurement {
    planned_step step;
    measure::totals sum{};   ///< of the requests due, or the sessions opened, in the measured time; records are ignored
    nanoseconds measured{0}; ///< less than planned: the step was stopped
    double achieved = 0;     ///< load that was generated
    nanoseconds lag_limit{
        0}; ///< load.lagLimit: with a p99 of lag or loop delay above it the generator is the limit; 0: none
    std::string generator_limit{}; ///< why the generator could not make this load: part of a sentence; empty: it could
    bool stopped = false;          ///< by the user: its samples are kept, it decides nothing
};

/// Decides step by step: twice the load until a budget is missed (half of it if the first step misses one), then the geometric mean of
/// the highest load that holds and the lowest that does not, until they are within the precision.
///
/// A step:    is as long as the budgets' percentiles need for a 95 % interval at its load, and a tenth more.
/// Unclear:   a limit within the interval of a percentile, or a percentile without one: the load is repeated, and the samples of all
///            repetitions count together; after repetitions_max the percentile as observed decides, and the step says so.
/// Broken:    confirmed by a repetition if the limit is missed by less than small_margin, or is one of a count, a rate, a mean or an
///            extreme, which have no interval. Of these the majority of the repetitions decides.
/// Generator: a step in which the generator was the limit is repeated once, alone; then the search ends with a floor. Of a first load
///            half is tried, so that there is one.
/// Source:    bisection of a monotonous function; the platform's limit is assumed to be one. A queue that grows too slowly to miss a
///            limit within a step is not seen: step_at_least.
/// Threads:   one. It reads no clock: times are those of the measurements.
class capacity_search {
public:
    static constexpr double small_margin = 0.2; ///< of the limit
    static constexpr int halvings_max = 10;     ///< below the first load

    /// Errors: no budget that steps can be judged by, a budget on a part of the load (`over`, `during`, `except`, phase=), options that
    /// contradict each other, a percentile that needs more samples than the longest step has at the first load.
    static loadsim::result<capacity_search> plan(capacity_options, std::vector<verdict::budget>, measure::labels);

    /// nullopt: the search has ended.
    std::optional<planned_step> next() const { return next_; }
    /// The measurement of the step that next() returned.
    void add(step_measurement);
    /// Ends the search: SIGINT, or the platform is gone. `reason`: one sentence; what was measured until now is kept.
    void stop(std::string reason);

    /// So far.
    capacity_result result() const;

private:
    struct tried_load {
        double load = 0;
        std::string why;
        std::vector<step_measurement> repetitions{}; ///< whose samples count
        std::uint32_t late_repetitions = 0;          ///< in which the generator was the limit
        std::string late_reason{};                   ///< of the last one
        step_measurement late{};                     ///< the last one: shown if there is no other
        step_result judged{};
    };

    capacity_search() = default;
    void judge(tried_load&) const;
    void plan_next();
    void plan_with_late_generator(const tried_load& late);
    void plan_above(double low);
    void plan_below(const tried_load& lowest);
    void plan_between(double low, double high);
    void propose(double load, std::string why);
    void repeat(const tried_load&, std::string why);
    void finish(search_end, std::string sentence);
    nanoseconds measured_time_for(double load) const;
    std::string too_few_samples(double load) const; ///< sentence; empty: the longest step has enough
    bool is_independent_of_load() const;            ///< of the last three loads, each half of the one before
    const tried_load* highest_holding() const;
    const tried_load* lowest_broken() const;

    capacity_options options_;
    std::vector<verdict::budget> budgets_; ///< that steps are judged by
    std::vector<sample_rate> sample_rates_;
    std::vector<unjudged_budget> unjudged_;
    measure::labels labels_;
    std::vector<tried_load> tried_; ///< in the order of their first step
    nanoseconds used_{0};
    std::optional<planned_step> next_;
    search_end end_ = search_end::stopped;
    std::string sentence_;
};

} // namespace loadsim::experiment
