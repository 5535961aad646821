// Reader and writer of scenarios in YAML. The reader reports all problems at once.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

inline constexpr std::size_t size_limit = 1024 * 1024; ///< bytes of a scenario

/// Override of one value, applied before reading, such as "load.phases[2].duration=60s".
struct value_override {
    std::string path;  ///< keys separated by dots, list items as [n] from 0
    std::string value; ///< YAML
};
/// Errors: no '=', an empty path, an unclosed bracket.
result<value_override> parse_override(std::string_view);

/// Reads a scenario. `file` is its name in source locations. Overrides may add keys to maps and replace values, not
/// extend lists; an override below a scalar (target.broker below `target: embedded`) replaces the scalar by a map.
/// Defaults: phases without a name are "phase N", a fleet without segments has one, "all".
/// Files that it names are found relative to the folder of `file`; those in an override, to the working folder.
/// Reads the files of `include:` and merges them below its own keys; then, if `environment` is not empty, the keys of that one of
/// `environments:` above them; then the overrides.
/// Errors: all problems, in the order of the file, each with "file:line:column" or "--set path"; never throws.
/// `warnings`: what is valid and probably a mistake, in the same form; may be null.
/// Limits: size, depth, number of values (each use of an alias counts) and lengths of names, so any input is safe.
result<scenario_config> read(std::string_view yaml, std::string_view file,
                             std::span<const value_override> overrides = {}, problems* warnings = nullptr,
                             std::string_view environment = {});

/// Vehicles of the scenario of a report. Environment variables of templates and masked secrets are not needed: templates are not
/// compiled. Errors: see read().
result<vehicle::registry> read_vehicles(std::string_view yaml, std::string_view file);

/// Problems of the scenario with each of its environments but `environment`, besides those that it has with that one. A variable that
/// is not set is none: it may be set where the environment is. Arguments: see read().
problems check_other_environments(std::string_view yaml, std::string_view file,
                                  std::span<const value_override> overrides, std::string_view environment);

/// Problems for texts in which a secret is masked, in the scenario of a report folder: a run needs all secrets. Arguments: see
/// read(). Errors in the YAML are ignored: read() reports them.
problems find_masked_secrets(std::string_view yaml, std::string_view file, std::span<const value_override> overrides,
                             std::string_view environment = {});

/// The scenario as YAML with all values, defaults included, and secrets as "***", also within other texts; read() returns an equal
/// scenario, except for the secrets.
std::string write(const scenario_config&);

/// JSON Schema (draft 2020-12) of a scenario, for editors.
std::string schema();

/// Markdown page of every key: type, default, meaning, example. docs/scenario-reference.md is this text.
std::string schema_reference();

/// Paths of keys that an override can name, such as "fleet.mqtt.keepAlive" and "load.phases[0].duration": each list with its first
/// item, no keys below names of one's own.
std::vector<std::string> key_paths();

/// Checks combinations of values: shares that do not add up, unknown names, a fleet beyond vin_capacity. Problems are
/// located by path ("fleet.segments[2].behaviour"). read() calls check(); scenarios built in code need the call.
problems check(const scenario_config&);

} // namespace loadsim::scenario
