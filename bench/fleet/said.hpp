// What a contender prints: one line of JSON with numbers in it.
#pragma once

#include "child.hpp"
#include "comparison.hpp"

#include <string>

namespace loadsim::bench {

/// Every number in it, by its key. Throws when it is no JSON object.
figures numbers_in(const std::string& json);
/// Waits for its end and reads its line; throws when it has lost a session or a message.
figures result_of(child&);

} // namespace loadsim::bench
