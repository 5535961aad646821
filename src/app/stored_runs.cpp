#include "stored_runs.hpp"

#include <utility>

namespace loadsim::app {

or_exit_code<std::vector<report::stored_run>> read_stored_runs(const std::vector<std::string>& paths,
                                                               measure::labels& labels) {
    std::vector<report::stored_run> runs;
    problems errors;
    for (const auto& path : paths) {
        auto run = report::read_stored_run(path, labels);
        if (!run) {
            errors.add(run.error());
            continue;
        }
        for (const auto& warning : run->warnings) print_problems({path, warning});
        runs.push_back(std::move(*run));
    }
    if (errors.empty()) errors = report::check_distinct(runs);
    if (errors.empty()) return runs;
    print_problems(errors);
    return exit_code::setup;
}

or_exit_code<report::stored_run> merge_stored_runs(const std::vector<report::stored_run>& runs) {
    auto merged = report::merge_runs(runs);
    if (merged) return std::move(*merged);
    print_problems(merged.error());
    return exit_code::setup;
}

} // namespace loadsim::app
