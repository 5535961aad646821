// Cost of a run: field `cost` of summary.json, and the sections of the summaries.
#pragma once

#include <loadsim/measure/cost.hpp>
#include <loadsim/report/console.hpp>

#include <boost/json/value.hpp>

#include <optional>
#include <string>

namespace loadsim::report {

/// Null: the run has no cost.
boost::json::value cost_json(const std::optional<measure::run_cost>&);
/// The inverse; nullopt of null and of what is no object.
std::optional<measure::run_cost> cost_of_json(const boost::json::value&);

/// "request", "message up", "connection-minute", "GB": the unit of a price, in a table.
std::string price_unit_text(measure::price_unit);
/// "1,234", "0.0102": four significant digits.
std::string quantity_text(double);
/// "0.0123 USD": four significant digits, with separators of thousands.
std::string money_text(double amount, const std::string& currency);

/// Section of the summary for the terminal; empty: the run has no cost.
std::string cost_text(const std::optional<measure::run_cost>&, const summary_style&);

} // namespace loadsim::report
