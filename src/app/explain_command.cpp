#include "commands.hpp"
#include "run_report.hpp"

#include <loadsim/base/output.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

namespace loadsim::app {
namespace {

struct explain_options {
    std::string folder;
    report::request_filter filter;
    std::size_t limit = 20;
    bool json = false;
};

exit_code explain(const explain_options& options) {
    const bool show_overview = !options.filter.request_id && !options.filter.vin && !options.filter.unexpected;
    auto filter = options.filter;
    filter.limit = options.limit;
    filter.unexpected = filter.unexpected || show_overview;
    const auto all = open_report(options.folder, filter);
    if (!all) {
        print_problems(all.error());
        return exit_code::usage;
    }
    if (options.json) {
        print_without_masking(report::explain_json(*all));
        return exit_code::pass;
    }
    if (show_overview) {
        print_without_masking(report::run_overview(*all, options.folder));
        return exit_code::pass;
    }
    if (all->requests.empty()) print_output("nothing unexpected\n");
    for (const auto& request : all->requests) print_without_masking(report::explain(*all, request) + '\n');
    if (const auto more = all->matching - all->requests.size(); more != 0)
        print_output(fmt::format("... and {} more; --limit shows more\n", more));
    return exit_code::pass;
}

} // namespace

command explain_command() {
    auto options = std::make_shared<explain_options>();
    const std::string group = "Without one of them: what is unexpected, on one page";
    return {.name = "explain",
            .description = "Shows from a run's report how unexpected requests came about",
            .flags = {{.name = "run", .into = &options->folder, .help = "The run's report folder", .required = true},
                      {.name = "--request",
                       .into = &options->filter.request_id,
                       .help = "The request with this id of the platform's or this trace id, or the beginning of one",
                       .group = group},
                      {.name = "--vehicle",
                       .into = &options->filter.vin,
                       .help = "All requests of a vehicle: its VIN, its index, or its value in a column of fleet.data",
                       .group = group},
                      {.name = "--unexpected",
                       .into = &options->filter.unexpected,
                       .help = "All that were unexpected, or had an anomaly",
                       .group = group},
                      {.name = "--limit",
                       .into = &options->limit,
                       .help = "How many requests at most",
                       .shows_default = true,
                       .limits = flag::range{1, std::numeric_limits<std::uint32_t>::max()}},
                      {.name = "--json", .into = &options->json, .help = "The records as JSON, for other programs"}},
            .run = [options] { return explain(*options); }};
}

} // namespace loadsim::app
