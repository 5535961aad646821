#include "run_report.hpp"

#include "complain.hpp"

#include <loadsim/scenario/read.hpp>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <utility>
#include <vector>

namespace loadsim::app {
namespace {

/// The scenario as it is in force, so that the folder alone says what was run.
std::string write_resolved(const std::filesystem::path& file, const scenario::document& scenario) {
    std::ofstream out(file);
    out << scenario::write(scenario);
    out.close();
    return out ? std::string{} : fmt::format("{}: cannot be written; is the disk full?", file.string());
}

/// Of the run's own time. A rehearsed hour is a moment.
std::chrono::seconds plain_every(measure::mode how) {
    return how == measure::mode::rehearsal ? std::chrono::minutes(10) : std::chrono::seconds(10);
}

} // namespace

run_report::run_report(const scenario::document& scenario, std::filesystem::path folder, const report_options& options)
    : scenario_(scenario), folder_(std::move(folder)), options_(options), names_(scenario::legend_of(scenario)),
      console_(stdout, options.quiet, options.terminal, plain_every(options.how)),
      files_(folder_,
             {.version = LOADSIM_VERSION,
              .how = options.how,
              .scenario = scenario.name,
              .seed = scenario.seed,
              .started = std::chrono::system_clock::now()},
             names_, options.there),
      unwritten_(write_resolved(folder_ / report::scenario_name, scenario)) {
    spdlog::info("loadsim {}: {} with seed {} ({})", LOADSIM_VERSION, scenario.name, scenario.seed,
                 to_string(options.how));
}

run::listener run_report::listener() {
    return {.said =
                [this](const std::string& text) {
                    spdlog::info("{}", text);
                    if (!options_.quiet) console_.print(text + '\n');
                },
            .progressed =
                [this](const measure::progress& p) {
                    console_.show(p, names_);
                    files_.write(p);
                    // While there is time to stop: the summary tells it again.
                    for (const auto& [sentence, shards] : p.interval.misfits) {
                        spdlog::warn("{}", sentence);
                        if (!options_.quiet) console_.print(report::printable(sentence) + '\n');
                    }
                },
            .finished = [this](const measure::run_facts& facts) { finish(facts); }};
}

void run_report::finish(const measure::run_facts& facts) {
    const auto judged_by = options_.how == measure::mode::replay ? std::vector<verdict::budget>{} : scenario_.budgets;
    const auto conclusion = verdict::conclude(facts, judged_by, names_);
    code_ = conclusion.code;
    files_.finish(facts, conclusion);
    if (!options_.quiet)
        console_.print(
            report::summary_text(facts, conclusion, names_, folder_, report::wants_colour(options_.terminal)));
    if (!unwritten_.empty()) fmt::print(stderr, "loadsim: {}\n", unwritten_);
    for (const auto& trouble : files_.troubles()) fmt::print(stderr, "loadsim: {}\n", trouble);
    const bool unjudged = options_.how == measure::mode::replay && code_ == verdict::exit_code::pass;
    if (options_.quiet && !unjudged)
        for (const auto& reason : conclusion.reasons) fmt::print(stderr, "loadsim: {}\n", reason);
    spdlog::info("verdict: {}, exit code {}", verdict::to_string(conclusion.verdict),
                 static_cast<int>(conclusion.code));
}

void run_report::give_up(const problems& wrong) {
    console_.print("");
    complain(wrong);
    spdlog::error("{}", to_string(wrong));
}

} // namespace loadsim::app
