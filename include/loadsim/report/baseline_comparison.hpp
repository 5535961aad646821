// --baseline: a run that is compared at its end with an earlier one.
#pragma once

#include <loadsim/report/stored_run.hpp>
#include <loadsim/verdict/comparison.hpp>
#include <loadsim/verdict/sample_batches.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace loadsim::report {

/// The earlier run, or several of them in a file of `baseline`.
struct run_baseline {
    stored_run run;
    measure::labels labels;
};

/// Reads a report folder or a baseline file. `resolved_scenario`: text of scenario::write().
/// Errors: as of read_stored_run(); it is of another load than the scenario, with what differs.
result<run_baseline> read_run_baseline(const std::filesystem::path&, std::string_view resolved_scenario);

/// Changes against the baseline, for summary.md, the terminal and the page.
struct baseline_comparison {
    std::string name; ///< last part of the baseline's path: "baseline.json"
    verdict::run_comparison changes;
    std::string page;     ///< page_baseline()
    std::string markdown; ///< comparison_markdown() without the rows by service and phase that have not changed
};

/// Compares a run with its baseline. Memory: at most 20 histograms of each hop.
/// Threads: one.
class baseline_comparer {
public:
    explicit baseline_comparer(const run_baseline&); ///< must outlive the comparer
    void add(const measure::totals& interval);
    /// `ended`: the whole run, without batches; its names are `labels`.
    baseline_comparison compare(stored_run ended, const measure::labels&) const;

private:
    const run_baseline& baseline_;
    std::map<measure::hop, verdict::sample_batches> batches_;
};

} // namespace loadsim::report
