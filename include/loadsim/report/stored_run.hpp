// Runs that have ended: their folders and baseline files, read for comparison, for other budgets, and to be merged.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/report/load_description.hpp>
#include <loadsim/verdict/comparison.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace loadsim::report {

/// A run as its files hold it: everything that budgets need but `recovery.latency`, and requests by condition or by phase together with
/// service or segment (totals::groups are by service and segment alone); and no records.
struct stored_run {
    std::filesystem::path path;
    measure::run_result result;
    std::string version;     ///< of the program that made the run
    std::string verdict;     ///< as in summary.json
    load_description load{}; ///< empty: the scenario is not in the folder
    std::uint32_t runs = 1;  ///< of a baseline or a merged folder: several
    /// Samples of each hop in order of time (latency.hlog). Of a baseline: none.
    std::map<measure::hop, std::vector<measure::histogram>> batches{};
    std::map<measure::hop, verdict::rank_spread> spreads{}; ///< of a baseline
    std::vector<std::string> warnings{};                    ///< sentences about damaged or missing lines
};

/// Reads the folder of a run, or a baseline file. Names that `labels` does not have are appended to it: runs that are read with the
/// same labels have the same indexes, and their totals can be added.
/// Errors: neither of the two, another format, a missing or damaged summary.json, no histograms.jsonl.
result<stored_run> read_stored_run(const std::filesystem::path&, measure::labels&);

/// Errors: a run that is in the list twice, whose figures would count twice: one folder, or copies of it.
problems check_distinct(const std::vector<stored_run>&);

/// Runs of one scenario as one: counts and histograms are added. Started: the first; ended: the last, and completely if all were.
/// Errors: another load in one of them. At least one run.
result<stored_run> merge_runs(const std::vector<stored_run>&);

/// Writes the folder of a merged run: run.json, summary.json, histograms.jsonl, and from the folders of the runs latency.hlog and
/// scenario.yaml. `folder` exists. Errors: a file cannot be written.
problems write_merged_run(const std::filesystem::path& folder, const stored_run& merged, const verdict::evaluation&,
                          const measure::labels&, const std::vector<stored_run>& runs);

/// One side of a comparison.
verdict::compared_side side_of(const std::vector<stored_run>&, const measure::labels&);

/// Text of a baseline file (schema loadsim.baseline/1) of one or several runs.
std::string baseline_json(const stored_run& merged, const verdict::compared_side&);

} // namespace loadsim::report
