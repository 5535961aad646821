#include "commands.hpp"
#include "stored_runs.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::app {
namespace {

struct merge_options {
    std::vector<std::string> runs;
    std::string out;
};

exit_code merge(const merge_options& options) {
    measure::labels labels;
    const auto runs = read_stored_runs(options.runs, labels);
    if (!runs) return runs.error();
    const auto baseline = std::ranges::find_if(*runs, [](const auto& run) { return !is_directory(run.path); });
    if (baseline != runs->end()) {
        print_problems({baseline->path.string(), "is a baseline, which has not all of a run; name report folders"});
        return exit_code::setup;
    }
    const auto merged = merge_stored_runs(*runs);
    if (!merged) return merged.error();
    const auto folder = make_report_folder(options.out, merged->result.scenario);
    if (!folder) return folder.error();
    const auto evaluation = verdict::evaluate(merged->result, {}, labels);
    if (const auto errors = report::write_merged_run(folder->path, *merged, evaluation, labels, *runs);
        !errors.empty()) {
        print_problems(errors);
        return exit_code::setup;
    }
    print_output(fmt::format("{} runs with {} requests are merged into {}\n", runs->size(),
                             merged->result.sum.requests.due, folder->path.string()));
    return exit_code::pass;
}

} // namespace

command merge_command() {
    auto options = std::make_shared<merge_options>();
    return {.name = "merge",
            .description = "Adds the histograms and counts of several runs of one scenario, exactly",
            .flags = {{.name = "runs", .into = &options->runs, .help = "Report folders of the runs", .required = true},
                      {.name = "--out",
                       .into = &options->out,
                       .help = "New folder for the result, which judge, compare and baseline read",
                       .required = true}},
            .run = [options] { return merge(*options); }};
}

} // namespace loadsim::app
