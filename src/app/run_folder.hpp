// A run's folder, as commands that look back name it.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/report/archive.hpp>

#include <filesystem>

namespace loadsim::app {

/// What the folder has of them. What keeps it from being read to the end is said on standard error.
/// Errors: no folder of a run; a request or a vehicle was named, and it has none of them.
result<report::archive> look_into(const std::filesystem::path& folder, const report::archive_filter&);

} // namespace loadsim::app
