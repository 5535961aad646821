#include "commands.hpp"
#include "stored_runs.hpp"

#include <loadsim/base/output.hpp>

#include <memory>
#include <string>
#include <vector>

namespace loadsim::app {
namespace {

exit_code baseline(const std::vector<std::string>& paths) {
    measure::labels labels;
    const auto runs = read_stored_runs(paths, labels);
    if (!runs) return runs.error();
    const auto merged = merge_stored_runs(*runs);
    if (!merged) return merged.error();
    print_without_masking(report::baseline_json(*merged, report::side_of(*runs, labels)));
    return exit_code::pass;
}

} // namespace

command baseline_command() {
    auto paths = std::make_shared<std::vector<std::string>>();
    return {.name = "baseline",
            .description = "Prints what `compare` needs of a run, or of several, as a small file for a repository",
            .flags = {{.name = "runs",
                       .into = paths.get(),
                       .help = "Report folders of runs of one scenario",
                       .required = true}},
            .run = [paths] { return baseline(*paths); }};
}

} // namespace loadsim::app
