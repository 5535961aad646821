// Values of any bytes as parts of a JSON text.
#pragma once

#include <string>
#include <string_view>

namespace loadsim::contract {

/// Between quotes: escaped as Boost.JSON does; bytes that are no UTF-8 become U+FFFD.
void append_escaped(std::string_view value, std::string& out);

/// Where a JSON value stands: one that is JSON as it is, an empty one as null, any other as a string.
void append_json(std::string_view value, std::string& out);

/// Why it is no JSON; empty: it is.
std::string why_no_json(std::string_view text);

} // namespace loadsim::contract
