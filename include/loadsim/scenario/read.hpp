// YAML into a scenario, with every problem at once; and back.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <span>
#include <string>
#include <string_view>

namespace loadsim::scenario {

/// "load.phases[2].duration=60s": one value to be set before reading.
struct setting {
    std::string path;  ///< keys by dots, list items by [n] from 0
    std::string value; ///< YAML
};
/// Errors: no '=', an empty path, brackets that do not close.
result<setting> parse_setting(std::string_view);

/// Reads a document. `file` is how places name it. Settings may add keys to maps and replace values, not make lists
/// longer; a setting below a plain value (target.broker below `target: embedded`) puts a map in its place.
/// What is left out is filled in: phases without a name are "phase N", a fleet without segments has one, "all".
/// Errors: all problems, in the order of the document, each "file:line:column" or "--set path"; never throws.
/// Safe for any text: size, depth, values (aliases counted as often as used) and names are limited.
result<document> read(std::string_view yaml, std::string_view file, std::span<const setting> settings = {});

/// The document as YAML with every value in force spelled out, except secrets ("***"); read() takes it back to an equal
/// document (but for those).
std::string write(const document&);

/// JSON Schema (draft 2020-12) of a scenario, for editors.
std::string schema();

/// Bad combinations that need the whole document: shares that do not add up, unknown names, a fleet beyond
/// vin_capacity. For documents made by hand, with paths as places ("fleet.segments[2].behaviour"); read() has called
/// it.
problems check(const document&);

} // namespace loadsim::scenario
