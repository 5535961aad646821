#include "latency_files.hpp"

#include "histogram_lines.hpp"
#include "line_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace loadsim::report {
namespace {

/// The tag of an interval line of another hop, which need not be decoded.
bool has_other_hop(std::string_view line, const std::vector<measure::hop>& hops) {
    constexpr std::string_view tag = "Tag=";
    if (hops.empty() || !line.starts_with(tag)) return false;
    const auto hop = parse_enum<measure::hop>(line.substr(tag.size(), line.find(',') - tag.size()));
    return hop && std::ranges::find(hops, *hop) == hops.end();
}

} // namespace

void read_histograms(const std::filesystem::path& folder, measure::totals& sum, measure::labels& labels,
                     std::vector<std::string>& warnings) {
    line_reader file(folder / histograms_file_name);
    for (std::string_view line; file.next(line);)
        if (const auto error = add_histogram_line(line, sum, labels); !error.empty())
            file.mark_bad(error.list.front().text);
    if (auto error = file.error_text(histograms_file_name); !error.empty()) warnings.push_back(std::move(error));
}

void for_each_interval(const std::filesystem::path& log, const std::vector<measure::hop>& hops,
                       std::vector<std::string>& warnings,
                       const std::function<void(measure::hop, const measure::hdr_log_interval&)>& take) {
    line_reader file(log);
    if (!file.open_error().empty()) {
        warnings.push_back(fmt::format("{} {}", log.filename().string(), file.open_error()));
        return;
    }
    for (std::string_view line; file.next(line);) {
        if (has_other_hop(line, hops)) continue;
        auto interval = measure::parse_hdr_log_line(line);
        if (!interval)
            file.mark_bad(interval.error().list.front().text);
        else if (*interval)
            if (const auto hop = parse_enum<measure::hop>((*interval)->tag)) take(*hop, **interval);
    }
    if (auto error = file.error_text(log.filename().string()); !error.empty()) warnings.push_back(std::move(error));
}

} // namespace loadsim::report
