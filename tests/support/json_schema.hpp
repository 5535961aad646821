// Validation against the keywords of JSON Schema 2020-12 that docs/schema/ uses.
#pragma once

#include <boost/json/fwd.hpp>

#include <string>
#include <vector>

namespace harness {

/// Differences as "/requests: 'due' is missing"; empty: valid. Keywords: $ref to $defs, type, const, enum, minimum, required, properties,
/// additionalProperties, items. Throws std::logic_error on any other, so that none is ignored.
std::vector<std::string> schema_errors(const boost::json::value& schema, const boost::json::value& document);

} // namespace harness
