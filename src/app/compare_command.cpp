#include "commands.hpp"
#include "stored_runs.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/report/comparison_report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::app {
namespace {

struct compare_options {
    std::string base;
    std::vector<std::string> more_bases;
    std::vector<std::string> after;
    std::vector<std::string> allowed;
    std::string format = "text";
    bool unlike = false;
    bool all = false;
};

result<std::vector<verdict::allowance>> parse_allowances(const std::vector<std::string>& expressions) {
    std::vector<verdict::allowance> all;
    problems errors;
    for (const auto& expression : expressions) {
        auto parsed = verdict::parse_allowance(expression);
        if (parsed)
            all.push_back(std::move(*parsed));
        else
            errors.add("--allow", parsed.error().list.front().text);
    }
    if (!errors.empty()) return errors;
    return all;
}

exit_code compare(const compare_options& options) {
    const auto allowed = parse_allowances(options.allowed);
    if (!allowed) {
        print_problems(allowed.error());
        return exit_code::usage;
    }
    auto bases = options.more_bases;
    bases.insert(bases.begin(), options.base);
    measure::labels old_labels;
    measure::labels new_labels;
    auto before = read_stored_runs(bases, old_labels);
    auto after = read_stored_runs(options.after, new_labels);
    if (!before || !after) return exit_code::setup;
    report::comparison_heading heading{.before = std::move(*before), .after = std::move(*after), .notes = {}};
    heading.notes = report::comparison_notes(heading);
    if (auto differences = report::load_problems(heading); !differences.empty()) {
        if (!options.unlike) {
            differences.add("", "these are runs of other loads; --unlike compares them all the same");
            print_problems(differences);
            return exit_code::setup;
        }
        for (const auto& difference : differences.list) heading.notes.push_back(to_string(difference));
    }
    const auto compared = verdict::compare_runs(report::side_of(heading.before, old_labels),
                                                report::side_of(heading.after, new_labels), *allowed);
    if (options.format == "json")
        print_without_masking(report::comparison_json(compared, heading));
    else if (options.format == "markdown")
        print_without_masking(report::comparison_markdown(compared, heading, options.all));
    else
        print_without_masking(report::comparison_text(compared, heading, options.all));
    return report::exit_code_of(compared);
}

} // namespace

command compare_command() {
    auto options = std::make_shared<compare_options>();
    return {.name = "compare",
            .description = "Compares the latencies and counts of runs: better, same, worse, or cannot tell",
            .flags = {{.name = "base",
                       .into = &options->base,
                       .help = "The old run: its report folder, or a file of `baseline`",
                       .required = true},
                      {.name = "new", .into = &options->after, .help = "The new run, or several", .required = true},
                      {.name = "--also-base",
                       .into = &options->more_bases,
                       .help = "One more old run; as often as there are"},
                      {.name = "--allow",
                       .into = &options->allowed,
                       .help = "Change that is not worse: 'e2e.p99 +5%', 'e2e{service=horn}.p50 +10ms'"},
                      {.name = "--format",
                       .into = &options->format,
                       .help = "Output",
                       .shows_default = true,
                       .one_of = {"text", "markdown", "json"}},
                      {.name = "--all",
                       .into = &options->all,
                       .help = "All rows, also those by service and phase that have not changed"},
                      {.name = "--unlike", .into = &options->unlike, .help = "Compares runs of other loads, too"}},
            .run = [options] { return compare(*options); },
            .footer = "Exit codes: 0 nothing is worse, 99 something is, 3 a run cannot be read or has another load,\n"
                      "5 too few samples to compare anything, or what --allow names."};
}

} // namespace loadsim::app
