// What the run saw of the platform's edges: observers, campaigns, the broker's API, and a contract that does not fit.
#pragma once

#include <loadsim/measure/totals.hpp>

#include <boost/json/fwd.hpp>

#include <map>
#include <string>

namespace loadsim::report {

// For the terminal; nothing where there was nothing.
std::string observers_text(const measure::totals&,
                           const measure::legend&); ///< only of several, or where one refused something
std::string campaigns_text(const measure::totals&, const measure::legend&);
std::string broker_api_text(const measure::broker_api_counts&);
std::string misfits_text(const std::map<std::string, std::uint64_t>&);

// For summary.json.
boost::json::array observers_json(const measure::totals&, const measure::legend&);
boost::json::array campaigns_json(const measure::totals&, const measure::legend&);
boost::json::value broker_api_json(const measure::broker_api_counts&); ///< null where it was not used
boost::json::object counts_by_text(const std::map<std::string, std::uint64_t>&);

} // namespace loadsim::report
