// Text with placeholders, examined without compiling it: before its symbols are known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loadsim::contract {

/// Begins the name of a placeholder whose value is not percent-encoded.
inline constexpr std::string_view raw_mark = "raw:";

/// The template with 'x' for each placeholder and environment variable, and without section tags.
std::string sample_text(std::string_view placeholder_text);

/// sample_text() with the values of environment variables that are set.
std::string known_text(std::string_view text);

/// NAME of each {NAME} in the template; no sections.
std::vector<std::string> placeholder_names(std::string_view text);

/// Names of the environment variables ${NAME} in the template.
std::vector<std::string> environment_names(std::string_view text);

/// Placeholders of other tools, "{{ vin }}", "${vin}", "%i", "{ vin }", one sentence each with the way to write them here. They compile,
/// but are sent as text.
std::vector<std::string> foreign_placeholders(std::string_view placeholder_text);

} // namespace loadsim::contract
