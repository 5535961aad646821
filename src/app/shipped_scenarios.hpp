// Scenarios that come with the program, found by their names: "quickstart", "edge-cases/tunnel".
#pragma once

#include <loadsim/base/result.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::app {

/// Their folder: share/loadsim/scenarios of the prefix in whose bin/ the program is, or scenarios/ of the checkout that it was built
/// in. Empty: there is neither, or the program's own path is unknown.
std::filesystem::path shipped_scenarios_folder();

/// Names of the scenarios of the folder, sorted, those of its subfolders last.
std::vector<std::string> shipped_scenario_names(const std::filesystem::path& shipped);

/// Path of the shipped scenario of this name. Errors: there is none; the folder is empty.
result<std::string> find_shipped_scenario(const std::string& name, const std::filesystem::path& shipped);

/// Path of the scenario that the user has given: the file itself, or else the shipped scenario of this name. A path that is neither,
/// but looks like that of a file, is returned as it is, and so is a file that cannot be read: reading it gives the error.
/// Errors: there is no such file, and no such scenario is shipped.
result<std::string> find_scenario(const std::string& given, const std::filesystem::path& shipped);

/// The same for a folder with scenarios: "edge-cases". What is no folder is returned as it is.
std::string find_scenario_folder(const std::string& given, const std::filesystem::path& shipped);

/// First sentence of the comment that a scenario begins with, in one line. Empty: it begins with none.
std::string summary_of_scenario(std::string_view text);

} // namespace loadsim::app
