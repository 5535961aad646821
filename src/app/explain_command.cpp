#include "commands.hpp"
#include "complain.hpp"
#include "run_folder.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

namespace loadsim::app {
namespace {

struct explain_options {
    std::string folder;
    report::archive_filter which;
    std::size_t limit = 20;
};

exit_code explain(const explain_options& options) {
    const bool on_one_page = !options.which.request && !options.which.vin && !options.which.unexpected;
    auto filter = options.which;
    filter.limit = options.limit;
    filter.unexpected = filter.unexpected || on_one_page;
    const auto all = look_into(options.folder, filter);
    if (!all) {
        complain(all.error());
        return exit_code::usage;
    }
    if (on_one_page) {
        fmt::print("{}", report::overview(*all, options.folder));
        return exit_code::pass;
    }
    if (all->requests.empty()) fmt::print("nothing is unexpected\n");
    for (const auto& request : all->requests) fmt::print("{}\n", report::explain(*all, request));
    if (const auto more = all->wanted - all->requests.size(); more != 0)
        fmt::print("... and {} more; --limit shows more\n", more);
    return exit_code::pass;
}

} // namespace

void set_up_explain(CLI::App& app, exit_code& code) {
    auto options = std::make_shared<explain_options>();
    auto* command = app.add_subcommand("explain", "Tells from a run's report how it came to what was unexpected");
    command->add_option("run", options->folder, "The run's report folder")->required();
    auto* which = command->add_option_group("which", "Without one of them: what is unexpected, on one page");
    which->add_option("--request", options->which.request, "The request with this id of the platform's");
    which->add_option("--vehicle", options->which.vin, "All requests of the vehicle with this VIN");
    which->add_flag("--unexpected", options->which.unexpected, "All that were unexpected, or had an anomaly");
    which->require_option(0, 1);
    command->add_option("--limit", options->limit, "How many requests at most")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    command->callback([options, &code] { code = explain(*options); });
}

} // namespace loadsim::app
