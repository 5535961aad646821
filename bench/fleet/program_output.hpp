// Parser for a competitor's output: one line of JSON with numeric members.
#pragma once

#include "comparison.hpp"
#include "measured_process.hpp"

#include <string>

namespace loadsim::bench {

/// All numeric members by key. Throws unless the text is a JSON object.
metrics parse_numbers(const std::string& json);
/// Waits for process exit and parses its output; throws when a session or a message was lost.
metrics read_result(measured_process&);

} // namespace loadsim::bench
