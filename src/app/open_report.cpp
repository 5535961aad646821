#include "open_report.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace loadsim::app {
namespace {

problems not_found(const std::string& flag, const std::filesystem::path& folder, const report::report_contents& all) {
    const auto folder_text = folder.string();
    if (all.recorded == 0)
        return {flag, fmt::format("{} holds no request at all; is it the run that you mean?", folder_text)};
    if (all.without_findings != 0)
        return {flag, fmt::format("is not among the {} requests in {}; `loadsim explain {}` lists those that "
                                  "were unexpected",
                                  all.recorded, folder_text, folder_text)};
    return {flag, fmt::format("is not among the {} requests in {}: only unexpected ones were written down, and "
                              "those with an anomaly; set `record: all` in the scenario to have every one",
                              all.recorded, folder_text)};
}

} // namespace

result<report::report_contents> open_report(const std::filesystem::path& folder, const report::request_filter& filter) {
    auto all = report::read_report(folder, filter, LOADSIM_VERSION);
    if (!all) return all;
    for (const auto& warning : all->warnings) fmt::print(stderr, "loadsim: {}\n", warning);
    if (all->requests.empty() && filter.request_id) return not_found("--request " + *filter.request_id, folder, *all);
    if (all->requests.empty() && filter.vin) return not_found("--vehicle " + *filter.vin, folder, *all);
    return all;
}

} // namespace loadsim::app
