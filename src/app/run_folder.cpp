#include "run_folder.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace loadsim::app {
namespace {

problems not_there(const std::string& flag, const std::filesystem::path& folder, const report::archive& all) {
    const auto there = folder.string();
    if (all.written == 0)
        return {flag, fmt::format("{} tells of no request at all; is it the run that you mean?", there)};
    if (all.unremarkable != 0)
        return {flag,
                fmt::format("is not among the {} requests that {} tells of; `loadsim explain {}` lists those that "
                            "were unexpected",
                            all.written, there, there)};
    return {flag,
            fmt::format("is not among the {} requests that {} tells of: only unexpected ones were written down, and "
                        "those with an anomaly; set `record: all` in the scenario to have every one",
                        all.written, there)};
}

} // namespace

result<report::archive> look_into(const std::filesystem::path& folder, const report::archive_filter& filter) {
    auto all = report::read_archive(folder, filter, LOADSIM_VERSION);
    if (!all) return all;
    for (const auto& remark : all->remarks) fmt::print(stderr, "loadsim: {}\n", remark);
    if (all->requests.empty() && filter.request) return not_there("--request " + *filter.request, folder, *all);
    if (all->requests.empty() && filter.vin) return not_there("--vehicle " + *filter.vin, folder, *all);
    return all;
}

} // namespace loadsim::app
