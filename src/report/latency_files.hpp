// Readers of the latency files of a report folder: histograms.jsonl and latency.hlog.
#pragma once

#include <loadsim/measure/hdr_log.hpp>
#include <loadsim/measure/latency.hpp>
#include <loadsim/measure/totals.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace loadsim::report {

/// Adds the samples of histograms.jsonl to `sum`; names that `labels` does not have are appended to it. Sentences about lines that are
/// skipped are added to `warnings`.
void read_histograms(const std::filesystem::path& folder, measure::totals& sum, measure::labels&,
                     std::vector<std::string>& warnings);

/// Calls `take` for each interval of an HdrHistogram log that is tagged with one of the hops; empty: any hop. Intervals of other hops are
/// not decoded. A missing log has none.
void for_each_interval(const std::filesystem::path& log, const std::vector<measure::hop>& hops,
                       std::vector<std::string>& warnings,
                       const std::function<void(measure::hop, const measure::hdr_log_interval&)>& take);

} // namespace loadsim::report
