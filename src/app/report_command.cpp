#include "browser.hpp"
#include "commands.hpp"
#include "stored_runs.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/report/comparison_report.hpp>
#include <loadsim/report/page.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/verdict/comparison.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t runs_max = 8;

struct page_command_options {
    std::vector<std::string> runs;
    std::string out;
    std::string baseline;
    bool open = false;
};

/// The baseline as the page has it, with the first run compared to it. Of a run without a result only the baseline's percentiles.
or_exit_code<std::string> read_baseline_of_page(const page_command_options& options) {
    measure::labels old_labels;
    auto before = read_stored_runs({options.baseline}, old_labels);
    if (!before) return before.error();
    const auto percentiles = before->front().result.sum;
    std::string comparison;
    measure::labels new_labels;
    if (auto after = report::read_stored_run(options.runs.front(), new_labels)) {
        auto differences = report::load_differences(before->front().load, after->load);
        report::comparison_heading heading{.before = std::move(*before), .after = {std::move(*after)}, .notes = {}};
        heading.notes = report::comparison_notes(heading);
        std::ranges::move(differences, std::back_inserter(heading.notes));
        comparison = report::comparison_json(verdict::compare_runs(report::side_of(heading.before, old_labels),
                                                                   report::side_of(heading.after, new_labels), {}),
                                             heading);
    } else {
        print_problems(after.error());
    }
    return report::page_baseline(report::without_final_separator(options.baseline).filename().string(), percentiles,
                                 comparison);
}

exit_code make_page(const page_command_options& options) {
    if (options.runs.size() > runs_max) {
        print_problems(
            {"", fmt::format("{} runs are too many for one page: name {} at most", options.runs.size(), runs_max)});
        return exit_code::usage;
    }
    report::page_options page{.version = LOADSIM_VERSION};
    if (!options.baseline.empty()) {
        auto baseline = read_baseline_of_page(options);
        if (!baseline) return baseline.error();
        page.baseline = std::move(*baseline);
    }
    const std::vector<fs::path> folders(options.runs.begin(), options.runs.end());
    fs::path file = options.out;
    if (file.empty()) file = folders.size() == 1 ? folders.front() / report::page_file_name : report::page_file_name;
    if (const auto errors = report::write_page(file, folders, page); !errors.empty()) {
        print_problems(errors);
        return exit_code::setup;
    }
    print_output(file.string() + '\n');
    if (!options.open) return exit_code::pass;
    if (const auto error = open_in_browser(fs::absolute(file).string()); !error.empty())
        print_problems({"--open", fmt::format("{}; open {} in a browser", error, file.string())});
    return exit_code::pass;
}

} // namespace

command report_command() {
    auto options = std::make_shared<page_command_options>();
    return {
        .name = "report",
        .description = "Makes report.html of a run again, or lays several runs over each other on one page",
        .flags = {{.name = "runs",
                   .into = &options->runs,
                   .help = "Report folders; the first is the run of the page, the curves of the others are laid over "
                           "its own",
                   .required = true},
                  {.name = "--out",
                   .into = &options->out,
                   .help = "File to write, replaced if it exists (default: report.html in the folder of the run; of "
                           "several runs in the current folder)"},
                  {.name = "--baseline",
                   .into = &options->baseline,
                   .help = "A run's folder, or a file of `baseline`, to compare the first run with"},
                  {.name = "--open", .into = &options->open, .help = "Opens the page in the browser"}},
        .run = [options] { return make_page(*options); },
        .footer = "Prints the name of the file. A folder of a killed run, or with damaged files, gives a page of what\n"
                  "can be read. Exit codes: 3 a run has no file that can be read, or the page cannot be written."};
}

} // namespace loadsim::app
