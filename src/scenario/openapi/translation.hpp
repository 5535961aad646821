// OpenAPI 3 documents as the request side of a scenario: pure translation of JSON into YAML text.
#pragma once

#include <loadsim/base/result.hpp>

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace loadsim::scenario {

/// Request side of a scenario: blocks of YAML with comments, not indented, each line ended.
struct request_side {
    std::string target;   ///< keys of `target`: api, auth
    std::string request;  ///< `request` of the contract
    std::string services; ///< `services` of the load
};

/// `file` and `operation`: see new_scenario_from_openapi().
result<request_side> translate_openapi(const boost::json::value& document, const std::string& file,
                                       std::string_view operation);

} // namespace loadsim::scenario
