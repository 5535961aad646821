// Report folders of earlier runs, for explain and replay.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/report/report_reader.hpp>

#include <filesystem>

namespace loadsim::app {

/// Reads the matching records of a report folder. Warnings are printed on standard error.
/// Errors: not a report folder; the filter names a request or vehicle and nothing matches.
result<report::report_contents> open_report(const std::filesystem::path& folder, const report::request_filter&);

} // namespace loadsim::app
