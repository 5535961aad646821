// Lines of histograms.jsonl: all latency histograms of a run.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/totals.hpp>

#include <string>
#include <string_view>

namespace loadsim::report {

inline constexpr const char* histograms_file_name = "histograms.jsonl";

/// A JSON object a line for each histogram with samples: of each hop by group of requests, of the sessions' connects, of waiting times,
/// of campaigns and of the loop delay. The histogram is an HdrHistogram V2 body in base64.
std::string histogram_lines(const measure::totals&, const measure::labels&);

/// Lines of latency.hlog: of each hop with samples, tagged with its name, and of e2e once more without a tag, if only as an empty
/// histogram: tools that are given no tag read only such lines (HdrHistogram's HistogramLogProcessor fails without one). Empty
/// without samples.
std::string hdr_log_lines(nanoseconds start, nanoseconds length, const measure::latency_table&);

/// Adds the samples of a line to `sum`; names that `labels` does not have are appended to it. A metric of a later version is ignored.
/// Errors: fields that are missing or of another type, a damaged histogram, another number of samples than in it; part of a sentence.
problems add_histogram_line(std::string_view line, measure::totals& sum, measure::labels&);

/// Index of a name; one that is missing is appended.
std::uint32_t index_of_name(std::vector<std::string>& names, std::string_view name);

} // namespace loadsim::report
