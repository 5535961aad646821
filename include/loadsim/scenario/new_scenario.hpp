// Commented scenario for a platform of one's own, to start from.
#pragma once

#include <loadsim/base/result.hpp>

#include <string>
#include <string_view>

namespace loadsim::scenario {

/// A valid scenario with the keys that a platform of one's own needs, each with a comment.
std::string new_scenario();

/// new_scenario() with the request side (URL, credentials, request and its response) of an OpenAPI 3.0 or 3.1 document in YAML or JSON.
/// `file` is its name in comments and problems. `operation`: its operationId or "POST /path"; empty: the one that looks most like a command
/// to a vehicle. Secrets are ${ENVIRONMENT_VARIABLES}. Comments name what the document does not say.
/// Errors: another kind of document, no such operation, a reference that leads out of the document or nowhere.
result<std::string> new_scenario_from_openapi(std::string_view document, const std::string& file,
                                              std::string_view operation = {});

/// Largest document that is read, in bytes.
inline constexpr std::size_t openapi_size_limit = std::size_t{16} * 1024 * 1024;

} // namespace loadsim::scenario
