// Percentile curves and histograms of the page, from histograms.jsonl.
#pragma once

#include <loadsim/measure/histogram.hpp>
#include <loadsim/measure/totals.hpp>

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace loadsim::report {

/// Counts by logarithmic bucket, from 1 us, without zeros at the end: bucket i covers 10^(i/n) to 10^((i+1)/n) us, for n a decade. A
/// sample of 0 us is in the first.
std::vector<std::uint64_t> logarithmic_counts(const measure::histogram&, int buckets_per_decade);
/// Lower edge of a bucket.
double bucket_edge_ms(std::size_t bucket, int buckets_per_decade);

/// Fields of a run: `percentile_curves` and `histograms`, of which those of all requests are first, then those of e2e by label.
/// Without histograms.jsonl (a killed run) they are those of latency.hlog, without labels.
boost::json::object page_latencies(const std::filesystem::path& folder, std::size_t histograms_max, bool is_ended,
                                   std::vector<std::string>& warnings);

} // namespace loadsim::report
