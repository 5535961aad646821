// Timeline, bands and heat map of the page, from timeline.jsonl and latency.hlog.
#pragma once

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::report {

inline constexpr std::size_t heat_map_rows_max = 240;

/// A line of timeline.jsonl as row of the page: values by the name of their column, without `end_s`.
boost::json::object page_row(const boost::json::object& timeline_line);

/// Fields of a run: `interval_s`, `timeline`, `bands` and `heat_map`. Lines are combined into `rows_max` rows at most (and one more where
/// the load starts); percentiles of combined rows are those of all their samples. `spikes`: names of the conditions that raise the rate.
boost::json::object page_timeline(const std::filesystem::path& folder, std::size_t rows_max,
                                  const std::set<std::string>& spikes, bool has_heat_map,
                                  std::vector<std::string>& warnings);

/// Names of the conditions of type spike in the text of a scenario.yaml.
std::set<std::string> spikes_in(std::string_view scenario_yaml);

} // namespace loadsim::report
