#include "cost_report.hpp"
#include "summary_sections.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/report/summary_markdown.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace loadsim::report {
namespace {

using measure::hop;
using measure::run_result;

constexpr std::size_t max_markdown_rows = 50; // of a table; GitHub shows 1 MiB of a step's summary
constexpr std::size_t max_markdown_reasons = 5;

/// Text on one line in which punctuation makes no markup (CommonMark 0.30, 2.4). '@' is no punctuation for Markdown, but mentions a person.
std::string markdown_escaped(std::string_view text) {
    std::string out;
    for (const char c : escape_for_terminal(text)) {
        if (std::string_view("\\`*_{}[]<>()#+!|~&").find(c) != std::string_view::npos) out += '\\';
        out += c;
        if (c == '@') out += "<!-- -->";
    }
    return out;
}

/// A code span (CommonMark 0.30, 6.1). In tables a '|' ends the cell, even in code.
std::string code_span(std::string_view text, bool in_table) {
    std::string content;
    std::size_t ticks = 0, longest = 0;
    for (const char c : escape_for_terminal(text)) {
        ticks = c == '`' ? ticks + 1 : 0;
        longest = std::max(longest, ticks);
        if (c == '|' && in_table) content += '\\';
        content += c;
    }
    if (content.empty()) return {};
    const std::string fence(longest + 1, '`');
    const char* pad = content.starts_with('`') || content.ends_with('`') ? " " : "";
    return fence + pad + content + pad + fence;
}

/// `columns`: headings; one that begins with '>' is of numbers, aligned to the right.
std::string markdown_table(const std::vector<std::string>& columns, const std::vector<row>& rows) {
    if (rows.empty()) return {};
    std::string text = "\n|", rule = "|";
    for (const auto& heading : columns) {
        const bool is_number = heading.starts_with('>');
        text += fmt::format(" {} |", heading.substr(is_number ? 1 : 0));
        rule += is_number ? " ---: |" : " --- |";
    }
    text += '\n' + rule + '\n';
    for (std::size_t i = 0; i < std::min(rows.size(), max_markdown_rows); ++i)
        text += fmt::format("| {} |\n", fmt::join(rows[i], " | "));
    if (rows.size() > max_markdown_rows)
        text += fmt::format("\n{} more are in `summary.json`.\n", rows.size() - max_markdown_rows);
    return text;
}

std::string verdict_section(const run_result& run, const verdict::evaluation& evaluation) {
    auto name = std::string(to_string(evaluation.verdict));
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
    const auto mode = mode_text(run.mode);
    auto text = fmt::format("## {}: {}{}\n", markdown_escaped(run.scenario), name,
                            mode.empty() ? "" : fmt::format(" ({})", mode));
    if (!evaluation.reasons.empty()) text += '\n';
    for (const auto& reason : evaluation.reasons) text += fmt::format("- {}\n", markdown_escaped(reason));
    return text;
}

std::string budgets_section(const verdict::evaluation& evaluation) {
    std::vector<row> rows;
    for (const auto& result : evaluation.budgets)
        rows.push_back({std::string(budget_mark(result)), code_span(result.expression, true),
                        markdown_escaped(result.observed_text)});
    return markdown_table({"", "budget", ">observed"}, rows);
}

std::string requests_section(const run_result& run) {
    const auto& r = run.sum.requests;
    auto text = fmt::format("\n**Requests:** {} due, {} sent, {} unexpected", human_count(r.due), human_count(r.sent),
                            human_count(r.unexpected));
    if (r.due != run.planned_arrivals) text += fmt::format(" (of {} planned)", human_count(run.planned_arrivals));
    std::vector<std::string> outcomes;
    for (std::size_t i = 0; i < outcome_count; ++i)
        if (r.outcomes[i] != 0)
            outcomes.push_back(fmt::format("{} `{}`", human_count(r.outcomes[i]), outcome_names[i]));
    return text + fmt::format("{}{}\n", outcomes.empty() ? "" : "; ", fmt::join(outcomes, ", "));
}

row latency_cells(std::string name, const measure::histogram& h) {
    row cells{std::move(name)};
    for (const double p : {50.0, 90.0, 95.0, 99.0}) cells.push_back(human_percentile(h, p));
    cells.push_back(human_latency(h.max()));
    cells.push_back(human_count(h.count()));
    return cells;
}

std::string latency_section(const measure::totals& sum) {
    std::vector<row> rows;
    for (std::size_t i = 0; i < measure::hop_names.size(); ++i)
        if (const auto h = sum.latencies.select(static_cast<hop>(i)); !h.empty())
            rows.push_back(latency_cells(std::string(measure::hop_names[i]), h));
    if (!sum.loop_delay.empty()) rows.push_back(latency_cells("loop delay", sum.loop_delay));
    if (!sum.sessions.connect.empty()) rows.push_back(latency_cells("connect", sum.sessions.connect));
    return markdown_table({"latency", ">p50", ">p90", ">p95", ">p99", ">max", ">samples"}, rows);
}

std::string phase_rate(std::uint64_t requests, nanoseconds time) {
    return time.count() == 0 ? "–" : human_rate(static_cast<double>(requests) / seconds(time));
}

std::string phases_section(const run_result& run, const measure::labels& labels) {
    const auto& sum = run.sum;
    if (sum.phases.size() < 2) return {}; // a single phase equals the totals
    std::vector<row> rows;
    for (std::uint32_t i = 0; i < sum.phases.size(); ++i) {
        const auto& r = sum.phases[i];
        const auto planned = i < run.load_phases.size() ? run.load_phases[i] : measure::load_phase{};
        const auto e2e = sum.latencies.select(hop::e2e, {.service = {}, .phase = i});
        rows.push_back({code_span(name_at(labels.phases, i), true), phase_rate(planned.planned, planned.duration),
                        phase_rate(r.sent, planned.elapsed), human_count(r.due), human_count(r.unexpected),
                        human_percentile(e2e, 50), human_percentile(e2e, 99)});
    }
    return markdown_table({"phase", ">asked", ">achieved", ">due", ">unexpected", ">e2e p50", ">p99"}, rows);
}

std::string telemetry_section(const measure::totals& sum, const measure::labels& labels) {
    std::vector<row> rows;
    for (const auto& [group, c] : sum.telemetry)
        rows.push_back({code_span(name_at(labels.telemetry, group), true), human_count(c.due),
                        human_count(c.acknowledged), human_count(c.never_arrived()), human_count(c.reissued),
                        human_percentile(c.publish, 50), human_percentile(c.publish, 99)});
    auto text =
        markdown_table({"telemetry", ">due", ">acknowledged", ">lost", ">re-issued", ">publish p50", ">p99"}, rows);
    rows.clear();
    for (const auto& [tap, c] : sum.taps) {
        const auto all = c.sum();
        rows.push_back({code_span(name_at(labels.taps, tap), true), human_count(all.sent), human_count(all.matched),
                        human_count(all.lost), human_count(all.duplicated), human_count(all.out_of_order),
                        human_percentile(c.bridge, 99), human_percentile(c.deliver, 99)});
    }
    return text + markdown_table({"tap", ">sent", ">matched", ">lost", ">duplicated", ">out of order", ">bridge p99",
                                  ">deliver p99"},
                                 rows);
}

std::string cost_section(const std::optional<measure::run_cost>& cost) {
    if (!cost) return {};
    const auto& currency = cost->currency;
    std::vector<row> rows;
    for (const auto& item : cost->items)
        rows.push_back({code_span(item.name, true), quantity_text(item.quantity), price_unit_text(item.unit),
                        money_text(item.price, currency), money_text(item.amount, currency)});
    const auto add_sum = [&](std::string name, const std::optional<double>& amount) {
        if (amount) rows.push_back({std::move(name), "", "", "", money_text(*amount, currency)});
    };
    add_sum("**run**", cost->total());
    add_sum("per 1,000 requests", cost->per_1000_requests());
    add_sum("per vehicle and month", cost->per_vehicle_month());
    add_sum(count_of(cost->fleet, "vehicle", "vehicles") + ", a month", cost->fleet_month());
    return markdown_table({"cost", ">quantity", "unit", ">price", ">amount"}, rows);
}

std::string counted_texts(std::string_view heading, const std::map<std::string, std::uint64_t>& counts) {
    std::vector<std::pair<std::string, std::uint64_t>> sorted(counts.begin(), counts.end());
    std::ranges::stable_sort(sorted, std::greater{}, &std::pair<std::string, std::uint64_t>::second);
    if (sorted.empty()) return {};
    auto text = fmt::format("\n**{}:**\n\n", heading);
    for (std::size_t i = 0; i < std::min(max_markdown_reasons, sorted.size()); ++i)
        text += fmt::format("- {} × {}\n", human_count(sorted[i].second), code_span(sorted[i].first, false));
    if (sorted.size() > max_markdown_reasons)
        text += fmt::format("- {} more kinds\n", sorted.size() - max_markdown_reasons);
    return text;
}

std::string anomalies_section(const anomaly_counts& counts) {
    std::map<std::string, std::uint64_t> by_kind;
    for (std::size_t i = 0; i < anomaly_count; ++i)
        if (counts[i] != 0) by_kind.emplace(anomaly_names[i], counts[i]);
    return counted_texts("Unexpected anomalies", by_kind);
}

std::string origin_section(const run_result& run) {
    const auto& origin = run.origin;
    std::vector<std::string> facts{
        "started " + iso_time(run.started, iso_format::seconds), human_elapsed(run.elapsed) + " elapsed",
        count_of(run.sessions_planned, "session", "sessions"), "seed " + std::to_string(run.seed)};
    if (!origin.target.empty()) facts.push_back("target " + code_span(origin.target, false));
    if (!origin.host.empty()) facts.push_back("from " + code_span(origin.host, false));
    if (!origin.version.empty()) facts.push_back("loadsim " + markdown_escaped(origin.version));
    for (const auto* texts : {&origin.labels, &origin.tags})
        for (const auto& [name, value] : *texts) facts.push_back(code_span(name + '=' + value, false));
    return fmt::format("\n{}\n", fmt::join(facts, " · "));
}

} // namespace

std::string summary_markdown(const run_result& run, const verdict::evaluation& evaluation,
                             const measure::labels& labels, std::string_view comparison) {
    const auto& sum = run.sum;
    std::string changes;
    if (!comparison.empty()) changes = fmt::format("\n### Compared with the baseline\n\n{}\n", trimmed(comparison));
    return verdict_section(run, evaluation) + budgets_section(evaluation) + requests_section(run) +
           latency_section(sum) + phases_section(run, labels) + telemetry_section(sum, labels) +
           cost_section(run.cost) + changes + counted_texts("Reasons of errored and skipped requests", sum.errors) +
           counted_texts("Reasons of refused and dropped sessions", sum.sessions.reasons) +
           anomalies_section(sum.anomalies) + origin_section(run);
}

} // namespace loadsim::report
