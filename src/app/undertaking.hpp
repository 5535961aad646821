// What every command that runs a scenario begins with.
#pragma once

#include "scenario_file.hpp"

#include <loadsim/verdict/conclusion.hpp>

#include <filesystem>
#include <string>

namespace loadsim::app {

/// A scenario, and the new folder that its report goes to.
struct undertaking {
    scenario::document scenario;
    std::filesystem::path folder;
};

/// A value, or the exit code for what kept us from having one; that has been said.
template <class T>
using said = boost::system::result<T, verdict::exit_code>;

/// The scenario that the flags name.
said<scenario::document> read_scenario(const scenario_flags&);

/// The folder that was asked for, or reports/NAME-TIME, made.
said<std::filesystem::path> new_folder(const std::string& asked, const std::string& name);

/// Both; with our own log in the folder from then on.
said<undertaking> undertake(const scenario_flags&, const std::string& folder);

/// The log goes to the folder from then on. False: it cannot be written there, which has been said.
bool log_in(const std::filesystem::path& folder);

} // namespace loadsim::app
