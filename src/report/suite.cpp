#include "json_fields.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/enum_names.hpp>
#include <loadsim/base/input.hpp>
#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/suite.hpp>
#include <loadsim/verdict/several_runs.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using verdict::exit_code;

constexpr std::string_view missed_text = "fail";
constexpr std::string_view invalid_text = "invalid";
constexpr std::string_view no_data_text = "no data";
constexpr std::string_view undecided_text = "undecided";
constexpr std::string_view pass_text = "pass";
constexpr std::string_view warn_text = "warn";

std::chrono::nanoseconds duration_of(const suite_run& run) {
    return std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(run.seconds));
}

/// True: the run has been evaluated, and its exit code is of the verdict.
bool has_verdict(const suite_run& run) {
    constexpr std::array failures{exit_code::internal_error, exit_code::usage, exit_code::setup};
    return run.code && run.end && std::ranges::count(failures, *run.code) == 0;
}

std::string sentence_of(const run_end::budget& budget, const run_end& run) {
    for (const auto& reason : run.reasons)
        if (reason.find(budget.expression) != std::string::npos) return reason;
    return fmt::format("Budget: {}, {}.", budget.expression, budget.verdict);
}

junit_case case_of_budget(const suite_run& run, const run_end::budget& budget) {
    junit_case made{.class_name = run.name, .name = budget.expression};
    if (run.end->verdict == invalid_text)
        made.skipped = suite_reason(run);
    else if (budget.verdict == undecided_text || (budget.severity == warn_text && budget.verdict != pass_text))
        made.skipped = sentence_of(budget, *run.end);
    else if (budget.verdict == missed_text)
        made.failure = sentence_of(budget, *run.end);
    else if (budget.verdict == no_data_text)
        made.error = sentence_of(budget, *run.end);
    return made;
}

junit_case case_of_run(const suite_run& run) {
    junit_case made{.class_name = run.name, .name = "run", .seconds = run.seconds};
    if (run.code && !has_verdict(run))
        made.error = suite_reason(run);
    else if (!run.code || run.end->verdict == invalid_text)
        made.skipped = suite_reason(run);
    return made;
}

} // namespace

std::optional<run_end> parse_run_end(std::string_view summary) {
    boost::system::error_code error;
    const auto parsed = json::parse(summary, error);
    if (error || !parsed.is_object()) return std::nullopt;
    const auto& fields = parsed.get_object();
    run_end made{.verdict = text_at(fields, "verdict")};
    const auto ended = parse_enum<measure::run_result::end_reason>(text_at(fields, "end_reason"));
    if (!ended || made.verdict.empty()) return std::nullopt;
    made.end_reason = *ended;
    for (const auto& reason : array_at(fields, "verdict_reasons"))
        if (reason.is_string()) made.reasons.emplace_back(reason.get_string());
    for (const auto& budget : array_at(fields, "budgets"))
        if (const auto* one = budget.if_object())
            made.budgets.push_back({text_at(*one, "expression"), text_at(*one, "verdict"), text_at(*one, "severity")});
    return made;
}

std::optional<run_end> read_run_end(const std::filesystem::path& folder) {
    constexpr std::size_t size_limit = std::size_t{64} << 20;
    const auto text = read_file((folder / summary_file_name).string(), size_limit);
    if (!text) return std::nullopt;
    return parse_run_end(*text);
}

std::filesystem::path retry_folder(const std::filesystem::path& run, unsigned repetition) {
    return without_final_separator(run).string() + fmt::format("-retry-{}", repetition);
}

std::vector<std::string> suite_folder_names(const std::vector<std::string>& scenarios) {
    std::set<std::string> taken{suite_page_file_name, junit_file_name};
    const auto is_retry_folder = [&](std::string_view name) {
        const auto number = name.find_last_not_of("0123456789") + 1;
        return number < name.size() && std::ranges::any_of(scenarios, [&](const std::string& scenario) {
                   return name.substr(0, number) == scenario + "-retry-";
               });
    };
    std::vector<std::string> names;
    for (const auto& scenario : scenarios) {
        auto name = scenario;
        for (int i = 2; is_retry_folder(name) || !taken.insert(name).second; ++i)
            name = fmt::format("{}-{}", scenario, i);
        names.push_back(std::move(name));
    }
    return names;
}

std::string suite_verdict(const suite_run& run) {
    if (!run.code) return "not run";
    return has_verdict(run) ? run.end->verdict : "error";
}

std::string suite_reason(const suite_run& run) {
    if (!run.code) return "The suite ended before it.";
    if (!run.error.empty()) return run.error.substr(0, run.error.find('\n'));
    return run.end && !run.end->reasons.empty() ? run.end->reasons.front() : std::string{};
}

exit_code suite_code(const std::vector<suite_run>& runs) {
    auto code = exit_code::pass;
    for (const auto& run : runs)
        if (run.code) code = verdict::worse(code, *run.code);
    return code;
}

std::string suite_line(const suite_run& run) {
    const auto reason = suite_reason(run);
    return suite_verdict(run) + ", " + human_elapsed(duration_of(run)) + (reason.empty() ? "" : ": ") +
           escape_for_terminal(reason);
}

std::string suite_counts(const std::vector<suite_run>& runs) {
    std::vector<std::string> verdicts;
    verdicts.reserve(runs.size());
    for (const auto& run : runs) verdicts.push_back(suite_verdict(run));
    auto text = count_of(runs.size(), "scenario", "scenarios");
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const auto first = verdicts.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(verdicts.begin(), first, *first) != first) continue;
        text += fmt::format("{} {} {}", i == 0 ? ":" : ",", std::ranges::count(verdicts, *first), *first);
    }
    return text;
}

std::string suite_table(const std::vector<suite_run>& runs) {
    std::vector<row> rows{{"scenario", "verdict", "code", "time", "what decided"}};
    for (const auto& run : runs) {
        auto verdict = suite_verdict(run);
        if (run.retries != 0) verdict += fmt::format(" (retry {})", run.retries);
        rows.push_back({run.name, std::move(verdict), run.code ? fmt::format("{}", static_cast<int>(*run.code)) : "",
                        run.code ? human_elapsed(duration_of(run)) : "", suite_reason(run)});
    }
    return table(std::move(rows), 2, 4) + '\n' + suite_counts(runs) + '\n';
}

std::vector<junit_suite> suite_junit(const std::vector<suite_run>& runs) {
    std::vector<junit_suite> suites;
    for (const auto& run : runs) {
        junit_suite made{.name = run.name, .started = run.started, .seconds = run.seconds};
        if (run.end)
            for (const auto& budget : run.end->budgets) made.cases.push_back(case_of_budget(run, budget));
        made.cases.push_back(case_of_run(run));
        made.properties.emplace_back("scenario", run.file);
        if (run.code) made.properties.emplace_back("exit code", std::to_string(static_cast<int>(*run.code)));
        if (!run.folder.empty()) made.properties.emplace_back("report", run.folder.string());
        suites.push_back(std::move(made));
    }
    return suites;
}

} // namespace loadsim::report
