// JSON values from arbitrary text.
#pragma once

#include <string>
#include <string_view>

namespace loadsim::contract {

/// True: a number without an exponent, true, false or null.
bool is_json_scalar(std::string_view);

/// Appends a JSON value: valid JSON unchanged, an empty text as null, any other text as a string.
void append_json_value(std::string_view value, std::string& out);

/// Parse error of `text`; empty: valid JSON.
std::string json_error(std::string_view text);

} // namespace loadsim::contract
