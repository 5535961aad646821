// Result of a capacity search.
#pragma once

#include <loadsim/base/enum_names.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::experiment {

/// Quantity that a search increases: requests a second, vehicles, connects a second.
enum class load_metric : std::uint8_t { rate, vehicles, connect_rate };
std::string_view to_string(load_metric); ///< "rate", "vehicles", "connectRate": values of --metric
std::optional<load_metric> parse_load_metric(std::string_view);
/// "500/s", "2,000 vehicles", "500 connects/s".
std::string load_text(load_metric, double load);

enum class step_end : std::uint8_t {
    holds,
    broken,
    unclear, ///< a limit is within the interval, or there are too few samples: to be repeated
    generator_limit,
    no_data, ///< a budget had none
    stopped,
};
BOOST_DESCRIBE_ENUM(step_end, holds, broken, unclear, generator_limit, no_data, stopped)
constexpr std::string_view to_string(step_end e) { return enum_name(e); }

/// Samples of a hop, of telemetry.publish, or of sessions.connect and its parts.
struct step_latency {
    std::string name; ///< as in budgets: "e2e", "sessions.connect"
    measure::histogram samples;
};

/// All repetitions of one load.
struct step_result {
    std::uint32_t number = 0; ///< order of the first repetition, from 1
    double load = 0;
    double achieved = 0; ///< load that was generated: mean of the repetitions
    std::uint32_t repetitions = 0;
    nanoseconds measured{0}; ///< sum of the repetitions, without warm-up
    step_end end = step_end::unclear;
    bool as_observed = false; ///< still unclear after the last repetition: decided by the percentile as observed
    std::string why;          ///< planned_step::why of the first repetition
    std::string reason{};     ///< what decided, without a full stop; empty: all budgets hold
    std::vector<verdict::budget_result>
        budgets{};                         ///< of a figure without an interval: the worst repetition that decided
    std::optional<std::size_t> decisive{}; ///< index of the budget that is missed most, or has no data
    std::vector<step_latency> latencies{}; ///< those with samples
    measure::request_counts requests{};
    std::uint64_t connects = 0;           ///< sessions established
    std::uint64_t connects_refused = 0;   ///< failed
    std::optional<nanoseconds> lag_p99{}; ///< of the generator; absent: no sample
    std::optional<nanoseconds> loop_delay_p99{};
};

enum class search_end : std::uint8_t {
    found,           ///< the bounds are within the precision
    highest_load,    ///< all loads up to `at_most` hold: a floor
    generator_limit, ///< a floor
    out_of_time,     ///< total_at_most: the bounds are as far as it came
    too_few_samples, ///< a load below needs longer steps than allowed
    no_load_holds,   ///< a budget that no load meets
    no_data,         ///< a budget had none
    stopped,
};
BOOST_DESCRIBE_ENUM(search_end, found, highest_load, generator_limit, out_of_time, too_few_samples, no_load_holds,
                    no_data, stopped)
constexpr std::string_view to_string(search_end e) { return enum_name(e); }

/// A budget of the scenario that steps are not judged by.
struct unjudged_budget {
    std::string expression;
    std::string reason{}; ///< part of a sentence
};

/// Load at which latency over load bends most.
struct knee {
    double load = 0;
    nanoseconds p99{0};
};

struct capacity_result {
    load_metric metric{};
    std::optional<double> highest_holding{}; ///< the capacity; absent: no load held
    std::optional<double> lowest_broken{};   ///< absent: none was broken
    bool is_floor = false; ///< the platform may bear more: the generator or `at_most` ended the search
    std::optional<double> at_least{};
    double precision = 0;
    search_end end{};
    std::string sentence{};                               ///< how the search ended, and what to do about it
    std::optional<verdict::budget_result> first_broken{}; ///< of the lowest broken load: the decisive one
    std::string curve{}; ///< name of the latency of the curve and the knee: "e2e"; empty: none has samples
    std::optional<experiment::knee> knee{};
    std::vector<step_result> steps{}; ///< by load
    std::vector<unjudged_budget> unjudged{};
    nanoseconds measured{0}; ///< all steps, with warm-ups
};

/// The largest distance of a point below the chord from the first to the last point, of p99 over load, both scaled to 0..1.
/// nullopt: fewer than three points, or no distance of a tenth or more: the curve does not bend.
/// Source: V. Satopaa et al.: Finding a "Kneedle" in a Haystack (2011), without its smoothing.
std::optional<knee> knee_of(std::vector<knee> points);

/// Null: no samples.
const step_latency* latency_of(const step_result&, std::string_view name);

/// Name of the latency that the curve shows: sessions.connect of connects; else the first with samples of e2e, accept,
/// telemetry.publish and sessions.connect. Empty: none.
std::string curve_of(load_metric, const std::vector<step_result>&);
/// p99 by load of the steps that hold or are broken and carry it, up to the lowest broken load: far above the capacity latency depends on
/// how long a step is.
std::vector<knee> curve_points(const capacity_result&);

/// pass: a load held, and none was asked for or at_least holds. missed: no load holds, or the highest that holds is below at_least.
/// invalid: below at_least only because the search ended early (generator, time, samples), or nothing was decided. no_data: a budget had none.
verdict::exit_code code_of(const capacity_result&);

/// "capacity 500/s: it holds, and 520/s misses e2e.p99 < 1s"; of a floor: "at least 800/s: ...".
std::string capacity_sentence(const capacity_result&);

} // namespace loadsim::experiment
