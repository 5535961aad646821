// Files that a command writes about several runs, beside their report folders.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::app {

/// Writes each text as a new file of this name. False: one of them could not be written; the reason has been printed.
bool write_report_files(const std::filesystem::path& folder,
                        const std::vector<std::pair<std::string, std::string>>& texts);

} // namespace loadsim::app
