// The one verdict of a run, and the exit code that says it.
#pragma once

#include <loadsim/measure/run_facts.hpp>
#include <loadsim/verdict/budget.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace loadsim::verdict {

/// Process exit codes. README lists exactly these.
enum class exit_code : int {
    pass = 0,
    internal_error = 1,
    usage = 2,   ///< bad usage or scenario
    setup = 3,   ///< target or set-up failed
    invalid = 4, ///< the generator itself was the limit, or the run was cut short
    no_data = 5, ///< a budget had no data
    missed = 99, ///< a budget was missed
    interrupted = 130,
};

/// The verdict's word in summary.json: "pass", "fail", "no data", "invalid".
enum class run_verdict : std::uint8_t { pass, fail, no_data, invalid };
std::string_view to_string(run_verdict);

struct conclusion {
    run_verdict verdict{};
    exit_code code{};
    std::vector<std::string> reasons; ///< why it is not a pass, what decided first; a pass may have a note
    std::vector<judgement> budgets;
};

/// Judges a finished run. In this order the first that holds decides:
/// the ledger does not add up (due != sum of outcomes, something left open, a complete run with due != planned):
/// invalid, internal_error (what was under way when a run was cut off is no mismatch) · interrupted by Ctrl-C: invalid,
/// interrupted · terminated or cut off: invalid, invalid · lag p99 above
/// lag_limit: invalid, invalid · a budget missed: fail, missed · a budget without data: no_data, no_data · pass.
/// The reasons tell everything that holds, in that order. A pass without a request due and without a budget says so.
conclusion conclude(const measure::run_facts&, const std::vector<budget>&, const measure::legend&);

} // namespace loadsim::verdict
