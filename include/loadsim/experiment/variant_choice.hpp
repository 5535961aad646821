// Choice between variants of a platform's configuration under the same load.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::experiment {

/// A run of a variant.
struct variant_round {
    bool meets_budgets = false;
    bool valid = true; ///< false: an invalid run, or one without a verdict; its figures count nowhere
    std::optional<nanoseconds> latency_p99{}; ///< of e2e; absent: not carried
    std::optional<nanoseconds> latency_p50{};
    double throughput = 0;       ///< requests with an expected outcome a second
    double error_share = 0;      ///< unexpected requests, of those due
    std::string missed{};        ///< first budget that was missed; empty: none
    std::string report_folder{}; ///< relative to that of the experiment
};

struct variant_rounds {
    std::string name;
    std::optional<double> cost{}; ///< as the variants file says, in any unit of its own; absent: unknown
    std::vector<variant_round> rounds{};
};

/// Mean and range of a figure over the valid rounds.
struct figure_spread {
    double mean = 0;
    double lowest = 0;
    double highest = 0;
};

struct variant_summary {
    std::string name;
    std::uint32_t rounds = 0; ///< valid ones
    std::uint32_t invalid_rounds = 0;
    bool meets_budgets = false; ///< in all rounds, of which at least one is valid
    std::string missed{};       ///< first budget that was missed
    std::optional<double> cost{};
    std::optional<figure_spread> latency_p99_ms{}; ///< absent: a valid round has none
    std::optional<figure_spread> latency_p50_ms{};
    std::optional<figure_spread> throughput{};
    std::optional<figure_spread> error_share{};
};

/// A recommended variant. `alike`: other candidates whose ranges overlap with its own: they cannot be told apart.
struct recommendation {
    std::optional<std::size_t> variant{}; ///< index; absent: none, and `reason` says why
    std::vector<std::size_t> alike{};
    std::string reason{}; ///< one sentence
};

struct variant_choice {
    std::vector<variant_summary> variants{}; ///< in the order given
    recommendation cheapest{};               ///< lowest cost of those that meet the budgets
    recommendation fastest{};                ///< lowest mean p99 of those that meet the budgets
    /// Lowest balanced_weight * cost / highest cost + (1 - balanced_weight) * p99 / highest p99, of those that meet the budgets: the
    /// balanced strategy of AWS Lambda Power Tuning.
    recommendation balanced{};
};
inline constexpr double balanced_weight = 0.5;

variant_choice choose(const std::vector<variant_rounds>&);

/// Indexes of the variants in the order of their runs: 0 1 2 0 1 2 ..., so that drift of the machine meets all of them alike.
std::vector<std::size_t> interleaved(std::size_t variants, std::uint32_t rounds);

} // namespace loadsim::experiment
