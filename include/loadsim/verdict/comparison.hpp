// Comparison of runs: which latencies and counts of one side differ from those of the other.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/verdict/sample_batches.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::verdict {

/// One side: a run, or the sum of several runs of one scenario.
struct compared_side {
    measure::totals sum;
    measure::labels labels; ///< services, phases, telemetry groups and taps are matched by name
    std::map<measure::hop, rank_spread>
        spreads; ///< absent: how alike samples of one time are is unknown, and nothing can be told
};

/// Change that is allowed: "e2e.p99 +5%", "e2e{service=horn}.p99 +20ms".
struct allowance {
    std::string expression; ///< as written
    measure::hop hop{};
    double percentile = 0;
    std::string service{}; ///< label; empty: of all rows of the hop
    std::string phase{};
    double fraction = 0; ///< of the old value
    nanoseconds duration{0};
};
/// Errors: one sentence, with the nearest name when one is unknown.
result<allowance> parse_allowance(std::string_view expression);

enum class change_verdict : std::uint8_t { same, better, worse, cannot_tell };
std::string_view to_string(change_verdict);

/// Change of a percentile of a hop.
struct latency_change {
    measure::hop hop{};
    std::string service; ///< empty: all
    std::string phase;
    double percentile = 0;
    std::uint64_t old_samples = 0;
    std::uint64_t new_samples = 0;
    nanoseconds old_value{0};
    nanoseconds new_value{0};
    std::optional<double> change{}; ///< fraction of the old value; absent: one side has no sample
    /// 95 % confidence interval of `change`; absent: the samples do not carry the percentile.
    std::optional<double> low{};
    std::optional<double> high{};
    change_verdict verdict = change_verdict::cannot_tell;
    std::string reason{};  ///< why it cannot be told, as a part of a sentence
    std::string allowed{}; ///< expression of the allowance; empty: none
};

/// Change of a count: unexpected, outcomes.NAME, anomalies.NAME, telemetry.lost{group=NAME}, tap.NAME{tap=NAME}.
struct count_change {
    std::string metric;
    std::uint64_t old_count = 0;
    std::uint64_t new_count = 0;
    change_verdict verdict = change_verdict::same;
};

struct run_comparison {
    std::uint64_t old_requests = 0; ///< due
    std::uint64_t new_requests = 0;
    std::vector<latency_change> latencies; ///< by hop; of each: all requests, by service, by phase
    std::vector<count_change> counts;
    std::vector<std::string> without_data; ///< allowances of no row that could be compared

    bool any(change_verdict) const;
};

/// Compares latencies of the platform (all hops but `lag` and `vehicle`, which are the load generator's own) and counts.
///
/// better, worse: the interval of the change is beyond what does not count, for all rows at once: of two sides of one scenario at most
/// one comparison in twenty has such a row. What does not count: the allowance, 2 % of the old value, the resolution of the histograms,
/// and `lateness_factor` times the generator's own lateness (lag or loop delay, at the same percentile, on either side).
/// same: the row's 95 % interval excludes a change as large as the allowance, or without one as `resolved_change`.
/// cannot tell: all else; `reason` says why.
/// Counts: worse if there was none and is one (unexpected, anomalies, telemetry that is lost or corrupted), or more than chance explains.
run_comparison compare_runs(const compared_side& before, const compared_side& after,
                            const std::vector<allowance>& = {});

inline constexpr double negligible_change = 0.02;
inline constexpr double resolved_change = 0.2;
/// With 1, 2 and 4 times the lag 23, 13 and 3 of 56 comparisons of one scenario, run beside a compiler, had a change.
inline constexpr int lateness_factor = 4;

} // namespace loadsim::verdict
