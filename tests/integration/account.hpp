// Checks that every run has to stand, whatever happened in it.
#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace stage {

/// The sum of the outcomes below this pointer ("/requests/outcomes").
std::int64_t ended(const boost::json::value& summary, std::string_view pointer);

/// Every request due has one outcome: in all, by phase, in the matrix; and the unexpected ones are those off its diagonal.
void expect_sums_hold(const boost::json::value& summary);

/// "silent: timed_out as timed_out" -> 12
std::map<std::string, std::int64_t> matrix(const boost::json::value& summary);

} // namespace stage
