// Verdict of a run and its exit code.
#pragma once

#include <loadsim/measure/run_result.hpp>
#include <loadsim/verdict/budget.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::verdict {

/// Process exit codes, as listed in the README.
enum class exit_code : int {
    pass = 0,
    internal_error = 1,
    usage = 2,   ///< bad usage or scenario
    setup = 3,   ///< target or set-up failed
    invalid = 4, ///< the generator itself was the limit or could have decided a budget, or the run was cut short
    no_data = 5, ///< a budget had no data
    missed = 99, ///< a budget was missed
    interrupted = 130,
};

/// Verdict of a run; in summary.json: "pass", "fail", "no data", "invalid".
enum class run_verdict : std::uint8_t { pass, fail, no_data, invalid };
std::string_view to_string(run_verdict);

struct evaluation {
    run_verdict verdict{};
    exit_code code{};
    std::vector<std::string> reasons; ///< reasons against a pass, the decisive one first; a pass may have a note
    std::vector<budget_result> budgets;
    std::vector<std::uint32_t>
        late_phases{}; ///< phases that the generator was too late in to be judged; `reasons` says why
};

/// Evaluates a finished run. The first rule that applies decides (run_verdict, exit_code):
/// ledger inconsistent (due != sum of outcomes, a request left open, a complete run with due != planned): invalid,
/// internal_error (requests in flight of an aborted run are no mismatch) · interrupted by Ctrl-C: invalid, interrupted
/// · terminated or aborted: invalid, invalid · p99 of lag or loop delay above lag_limit, in phases with half of the
/// requests or more, or p99 of the lag of telemetry: invalid, invalid · ended early by a budget, or a budget missed: fail, missed · an
/// undecided budget: invalid, invalid · a budget without data: no_data, no_data · pass.
/// Other phases with such a p99 are left out: a budget is evaluated over the requests of the remaining phases.
/// `reasons` lists all rules that apply, in that order. A budget of severity warn is only a note. Without a budget a pass has a note that nobody judged.
/// `strict`: see evaluate_budget().
evaluation evaluate(const measure::run_result&, const std::vector<budget>&, const measure::labels&,
                    bool strict = false);

/// The run without the requests, latencies and loop delay of these phases. What is not counted by phase stays: sessions, anomalies,
/// campaigns, recoveries. Pure.
measure::run_result without_phases(const measure::run_result&, const std::vector<std::uint32_t>& phases);

} // namespace loadsim::verdict
