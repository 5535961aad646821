// report.html: a run, or several, as one page that loads nothing from anywhere.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/totals.hpp>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::report {

inline constexpr const char* page_file_name = "report.html";

struct page_options {
    std::string version{}; ///< of this program
    /// Most bytes of requests.jsonl that are read. A sentence on the page says how many requests were not read.
    std::uint64_t requests_bytes_max = std::numeric_limits<std::uint64_t>::max();
    std::string baseline{};         ///< of page_baseline(); empty: none
    std::filesystem::path folder{}; ///< that the page will be in, for its links to files; empty: that of the run
};

/// A baseline that the first run is compared with. `comparison`: of comparison_json().
std::string page_baseline(std::string_view name, const measure::totals&, std::string_view comparison);

/// Data of the page (schema loadsim.page/1, data/page/README.md), from the files of report folders: at least one, the first is the run
/// of the page. It may stand inside a script element. A part whose file is missing, damaged or of another version is null or empty; a
/// sentence in `warnings` says so.
/// Size: at most about 1.5 MB. Memory does not depend on the size of the files.
/// Errors: no folder, or no file of a run in it.
result<std::string> page_data(const std::vector<std::filesystem::path>& folders, const page_options&);

/// Connections that a page may make.
enum class page_connections : std::uint8_t { none, own_server };

/// The page with these data. Its Content-Security-Policy allows the scripts inside it and no others.
std::string page_html(std::string_view data, page_connections = page_connections::none);

/// Writes the page of these folders: whole, or not at all. Errors: as of page_data(); the file cannot be written, or is one of something
/// else.
problems write_page(const std::filesystem::path& file, const std::vector<std::filesystem::path>& folders,
                    const page_options&);

} // namespace loadsim::report
