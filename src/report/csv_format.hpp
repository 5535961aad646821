// CSV with quotes as in RFC 4180, and lines that end with a line feed.
#pragma once

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>

namespace loadsim::report {

/// A text as a cell. Texts come from platforms, too: one that begins with = + - @, a tab or a carriage return gets an
/// apostrophe before it, or a spreadsheet would compute it as a formula.
std::string csv_cell(std::string_view text);

/// Names or values of the fields of a JSON object as a line, in their order. A nested field is named as in "requests.due";
/// null and NaN are an empty cell; texts of an array are separated by |.
std::string csv_header(const boost::json::object&);
std::string csv_row(const boost::json::object&);

} // namespace loadsim::report
