#include "run_report.hpp"

#include "complain.hpp"

#include <loadsim/scenario/read.hpp>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <fstream>
#include <utility>

namespace loadsim::app {
namespace {

/// The scenario as it is in force, so that the folder alone says what was run.
std::string write_resolved(const std::filesystem::path& file, const scenario::document& scenario) {
    std::ofstream out(file);
    out << scenario::write(scenario);
    out.close();
    return out ? std::string{} : fmt::format("{}: cannot be written; is the disk full?", file.string());
}

} // namespace

std::filesystem::path report_folder(const std::string& asked, const scenario::document& scenario) {
    if (!asked.empty()) return asked;
    return std::filesystem::path("reports") / report::folder_name(scenario.name, std::chrono::system_clock::now());
}

run_report::run_report(const scenario::document& scenario, std::filesystem::path folder, bool quiet,
                       report::terminal to, report::folder_writer::files there)
    : scenario_(scenario), folder_(std::move(folder)), quiet_(quiet), terminal_(to),
      names_(scenario::legend_of(scenario)), console_(stdout, quiet, to),
      files_(folder_, std::chrono::system_clock::now(), names_, there),
      unwritten_(write_resolved(folder_ / "scenario.yaml", scenario)) {
    spdlog::info("loadsim {}: {} with seed {}", LOADSIM_VERSION, scenario.name, scenario.seed);
}

run::listener run_report::listener() {
    return {.said =
                [this](const std::string& text) {
                    spdlog::info("{}", text);
                    if (!quiet_) console_.print(text + '\n');
                },
            .progressed =
                [this](const measure::progress& p) {
                    console_.show(p, names_);
                    files_.write(p);
                },
            .finished = [this](const measure::run_facts& facts) { finish(facts); }};
}

void run_report::finish(const measure::run_facts& facts) {
    const auto conclusion = verdict::conclude(facts, scenario_.budgets, names_);
    code_ = conclusion.code;
    files_.finish(facts, conclusion);
    if (!quiet_)
        console_.print(report::summary_text(facts, conclusion, names_, folder_, report::wants_colour(terminal_)));
    if (!unwritten_.empty()) fmt::print(stderr, "loadsim: {}\n", unwritten_);
    for (const auto& trouble : files_.troubles()) fmt::print(stderr, "loadsim: {}\n", trouble);
    if (quiet_)
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
