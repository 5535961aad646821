// Load tests of Artillery as scenarios.
#pragma once

#include <loadsim/base/result.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

struct artillery_options {
    std::string file; ///< name of the script in problems and comments
    std::string
        environment; ///< one of config.environments, which is merged into config; empty: all become environments of the scenario
    std::string
        data_file; ///< file for fleet.data, as the scenario names it; empty: a script with config.payload is refused
    /// Content of a payload file by its path in the script.
    std::function<result<std::string>(const std::string& path)> read_payload;
    /// Value of an environment variable in a number, such as arrivalRate; nullopt: it is not set.
    std::function<std::optional<std::string>(const std::string& name)> variable;
};

/// Part of a script that the scenario does not have, or has in another way.
struct import_note {
    int line = 1; ///< of the script
    std::string text;
    friend bool operator==(const import_note&, const import_note&) = default;
};

struct imported_scenario {
    std::string text;               ///< YAML with comments
    std::string data;               ///< content of data_file; empty: the scenario has no fleet.data
    std::vector<import_note> notes; ///< by line
};

/// Scenario with the phases, requests and limits of a script of Artillery 2, in YAML or JSON. Each phase has the arrivals of the script. The
/// vehicles receive no commands: the HTTP response of the API ends a request.
/// Errors: another kind of document, a number that is none, a payload that cannot be read, a script without an HTTP request; each with its
/// place in the script.
result<imported_scenario> import_artillery(std::string_view script, const artillery_options&);

/// Largest script and payload file that are read, in bytes.
inline constexpr std::size_t artillery_size_limit = std::size_t{4} * 1024 * 1024;
inline constexpr std::size_t artillery_payload_limit = std::size_t{64} * 1024 * 1024;

} // namespace loadsim::scenario
