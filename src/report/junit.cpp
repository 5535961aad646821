#include "summary_sections.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/report/junit.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace loadsim::report {
namespace {

using std::chrono::system_clock;

/// True: noncharacters that XML 1.0 (2.2) excludes although they are valid UTF-8.
bool is_excluded(std::uint32_t code_point) { return code_point == 0xFFFE || code_point == 0xFFFF; }

/// Character data and attribute values (XML 1.0, 2.4). Line ends and tabs as references: readers turn those of attributes into blanks.
std::string xml_escaped(std::string_view text) {
    const auto printable = escape_for_terminal(text, "\t\n\r");
    std::string out;
    for (std::size_t at = 0; at < printable.size();) {
        const auto [length, code_point] = decode_utf8(std::string_view(printable).substr(at));
        const auto character = std::string_view(printable).substr(at, std::max<std::size_t>(length, 1));
        at += character.size();
        switch (character.front()) {
        case '&': out += "&amp;"; continue;
        case '<': out += "&lt;"; continue;
        case '>': out += "&gt;"; continue;
        case '"': out += "&quot;"; continue;
        case '\t': out += "&#9;"; continue;
        case '\n': out += "&#10;"; continue;
        case '\r': out += "&#13;"; continue;
        default: break;
        }
        if (is_excluded(code_point))
            for (const char byte : character) out += "\\x" + to_hex({&byte, 1});
        else
            out += character;
    }
    return out;
}

/// Ant has no time zone here; in UTC.
std::string timestamp(system_clock::time_point when) {
    auto text = iso_time(when, iso_format::seconds);
    text.pop_back(); // 'Z'
    return text;
}

/// xs:decimal, which has no exponent.
std::string seconds_text(double seconds) { return fmt::format("{:.3f}", std::max(seconds, 0.0)); }

std::string case_xml(const junit_case& c) {
    const auto head = fmt::format(R"(    <testcase classname="{}" name="{}" time="{}")", xml_escaped(c.class_name),
                                  xml_escaped(c.name), seconds_text(c.seconds));
    const auto with = [&](const std::string& element) { return fmt::format("{}>{}</testcase>\n", head, element); };
    const auto finding = [&](std::string_view name, const std::string& sentence) {
        const auto text = xml_escaped(sentence);
        return with(fmt::format(R"(<{0} message="{1}" type="{0}">{1}</{0}>)", name, text));
    };
    if (!c.failure.empty()) return finding("failure", c.failure);
    if (!c.error.empty()) return finding("error", c.error);
    // junit-4.xsd has no attributes of `skipped`.
    if (!c.skipped.empty()) return with("<skipped>" + xml_escaped(c.skipped) + "</skipped>");
    return head + "/>\n";
}

std::string suite_xml(const junit_suite& suite, std::size_t number) {
    const auto count = [&](std::string junit_case::*finding) {
        return std::ranges::count_if(suite.cases, [&](const junit_case& c) { return !(c.*finding).empty(); });
    };
    // Older versions of Ant's schema have no `skipped`; a document without skipped tests is valid by them, too.
    const auto skipped = count(&junit_case::skipped);
    auto text = fmt::format(
        R"(  <testsuite id="{}" package="loadsim" name="{}" timestamp="{}" hostname="{}" tests="{}" failures="{}" errors="{}"{} time="{}">)"
        "\n    <properties>\n",
        number, xml_escaped(suite.name), timestamp(suite.started), xml_escaped(suite.host), suite.cases.size(),
        count(&junit_case::failure), count(&junit_case::error),
        skipped == 0 ? std::string{} : fmt::format(R"( skipped="{}")", skipped), seconds_text(suite.seconds));
    auto properties = suite.properties;
    if (properties.empty()) properties.emplace_back("scenario", suite.name); // junit-4.xsd: one at least
    for (const auto& [name, value] : properties)
        text += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", xml_escaped(name), xml_escaped(value));
    text += "    </properties>\n";
    for (const auto& c : suite.cases) text += case_xml(c);
    return text + "    <system-out/>\n    <system-err/>\n  </testsuite>\n";
}

/// "completion_duplicated 3, command_lost 1".
std::string anomaly_list(const anomaly_counts& counts) {
    std::string text;
    for (std::size_t i = 0; i < anomaly_count; ++i)
        if (counts[i] != 0)
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", anomaly_names[i], human_count(counts[i]));
    return text;
}

junit_case budget_case(const std::string& class_name, const verdict::budget_result& result,
                       const std::string& invalid) {
    junit_case c{.class_name = class_name, .name = result.expression};
    using verdict::budget_verdict;
    if (!invalid.empty())
        c.skipped = "Not evaluated: " + invalid;
    else if (result.verdict != budget_verdict::pass &&
             (result.severity == verdict::budget_severity::warn || result.verdict == budget_verdict::undecided))
        c.skipped = fmt::format("Budget {}.", result.sentence);
    else if (result.verdict == budget_verdict::fail)
        c.failure = fmt::format("Budget {}.", result.sentence);
    else if (result.verdict == budget_verdict::no_data)
        c.error = fmt::format("Budget {}.", result.sentence);
    return c;
}

/// Sentence why an invalid run judges nothing; empty for other runs.
std::string reason_of_invalidity(const verdict::evaluation& evaluation) {
    if (evaluation.verdict != verdict::run_verdict::invalid) return {};
    return evaluation.reasons.empty() ? "The run is invalid." : evaluation.reasons.front();
}

junit_case anomalies_case(junit_case c, const anomaly_counts& counts, const verdict::evaluation& evaluation,
                          const std::string& invalid) {
    c.name = "no unexpected anomaly";
    if (!has_anomalies(counts)) return c;
    const auto text = fmt::format("Unexpected anomalies: {}.", anomaly_list(counts));
    const auto is_missed = [](const verdict::budget_result& b) {
        return b.verdict == verdict::budget_verdict::fail && b.severity == verdict::budget_severity::fail &&
               b.expression.starts_with("anomalies");
    };
    if (!invalid.empty())
        c.skipped = text + " Not evaluated: " + invalid;
    else if (std::ranges::any_of(evaluation.budgets, is_missed))
        c.failure = text;
    else
        c.skipped = text + " No budget that was missed counts them.";
    return c;
}

} // namespace

std::string junit_xml(const std::vector<junit_suite>& suites) {
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"; // Ant: without attributes
    for (std::size_t i = 0; i < suites.size(); ++i) text += suite_xml(suites[i], i);
    return text + "</testsuites>\n";
}

junit_suite junit_of(const measure::run_result& run, const verdict::evaluation& evaluation, const measure::labels&) {
    junit_suite suite{.name = run.scenario.empty() ? "run" : run.scenario,
                      .started = run.started,
                      .seconds = seconds(run.elapsed),
                      .properties = {{"verdict", std::string(to_string(evaluation.verdict))},
                                     {"seed", std::to_string(run.seed)},
                                     {"version", run.origin.version},
                                     {"target", run.origin.target}}};
    if (!run.origin.host.empty()) suite.host = run.origin.host;
    for (const auto& [name, value] : run.origin.labels) suite.properties.emplace_back("label." + name, value);
    for (const auto& [key, value] : run.origin.tags) suite.properties.emplace_back("tag." + key, value);

    const auto invalid = reason_of_invalidity(evaluation);
    for (const auto& result : evaluation.budgets)
        suite.cases.push_back(budget_case(suite.name + ".budgets", result, invalid));

    const junit_case of_run{.class_name = suite.name + ".run", .name = {}};
    auto ledger = of_run;
    ledger.name = "every request has one outcome";
    if (evaluation.code == verdict::exit_code::internal_error) ledger.error = invalid;
    auto validity = of_run;
    validity.name = "the run is valid";
    validity.skipped = invalid;
    suite.cases.push_back(std::move(ledger));
    suite.cases.push_back(anomalies_case(of_run, run.sum.anomalies, evaluation, invalid));
    suite.cases.push_back(std::move(validity));
    return suite;
}

} // namespace loadsim::report
