// Sections of the summary about observers, campaigns, the simulated broker API and contract fields that never matched.
#pragma once

#include <loadsim/measure/totals.hpp>

#include <boost/json/fwd.hpp>

#include <map>
#include <string>

namespace loadsim::report {

// For the terminal; empty without data.
std::string observers_text(const measure::totals&,
                           const measure::labels&); ///< empty for a single observer without rejected messages
std::string campaigns_text(const measure::totals&, const measure::labels&);
std::string broker_api_text(const measure::broker_api_counts&);
std::string unmatched_fields_text(const std::map<std::string, std::uint64_t>&);

// For summary.json.
boost::json::array observers_json(const measure::totals&, const measure::labels&);
boost::json::array campaigns_json(const measure::totals&, const measure::labels&);
boost::json::value broker_api_json(const measure::broker_api_counts&); ///< null if unused
boost::json::object counts_by_text(const std::map<std::string, std::uint64_t>&);

} // namespace loadsim::report
