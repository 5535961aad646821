#include <loadsim/report/comparison_report.hpp>

#include "cost_report.hpp"
#include "json_format.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using verdict::change_verdict;
using verdict::run_comparison;

/// "+4.2 %"; three digits at most before it becomes a factor.
std::string percent_text(double fraction) {
    if (fraction >= 10) return fmt::format("x {:.0f}", fraction + 1);
    return fmt::format("{:+.1f} %", fraction * 100);
}

std::optional<measure::run_cost> cost_of_side(const std::vector<stored_run>& runs) {
    auto sum = runs.front().result.cost;
    for (std::size_t i = 1; i < runs.size(); ++i) sum = measure::sum_of(sum, runs[i].result.cost);
    return sum;
}

/// Empty: a side has no cost, or that of another currency.
std::string cost_note(const std::vector<stored_run>& before, const std::vector<stored_run>& after) {
    const auto old_cost = cost_of_side(before), new_cost = cost_of_side(after);
    if (!old_cost || !new_cost || old_cost->currency != new_cost->currency) return {};
    const auto was = old_cost->per_1000_requests(), is = new_cost->per_1000_requests();
    if (!was || !is) return {};
    return fmt::format("1,000 requests cost {}, before {}{}", money_text(*is, new_cost->currency),
                       money_text(*was, old_cost->currency),
                       *was > 0 ? fmt::format(" ({})", percent_text(*is / *was - 1)) : "");
}

std::string stat_text(const verdict::latency_change& row) { return fmt::format("p{:g}", row.percentile); }

std::string row_name(const verdict::latency_change& row) {
    std::string labels;
    if (!row.service.empty()) labels += "service=" + row.service;
    if (!row.phase.empty()) labels += (labels.empty() ? "phase=" : ",phase=") + row.phase;
    return fmt::format("{}{}.{}", to_string(row.hop), labels.empty() ? labels : '{' + labels + '}', stat_text(row));
}

row cells_of(const verdict::latency_change& r) {
    const auto value = [](std::uint64_t samples, nanoseconds d) { return samples == 0 ? "-" : human_latency(d); };
    const bool has_interval = r.low && r.high;
    return {row_name(r),
            value(r.old_samples, r.old_value),
            value(r.new_samples, r.new_value),
            r.change ? percent_text(*r.change) : "-",
            has_interval ? fmt::format("{} to {}", percent_text(*r.low), percent_text(*r.high)) : "-",
            std::string(to_string(r.verdict)),
            r.allowed.empty() ? r.reason
                              : fmt::format("{}allowed: {}", r.reason.empty() ? "" : r.reason + "; ", r.allowed)};
}

bool is_of_all_requests(const verdict::latency_change& r) { return r.service.empty() && r.phase.empty(); }

bool is_shown(const verdict::latency_change& r, bool all_rows) {
    const bool has_changed = r.verdict == change_verdict::better || r.verdict == change_verdict::worse;
    return all_rows || is_of_all_requests(r) || has_changed || !r.allowed.empty();
}

struct shown_rows {
    std::vector<row> latencies{{"metric", "old", "new", "change", "95 % interval", "verdict", ""}};
    std::vector<row> counts{{"count", "old", "new", "verdict"}};
    std::string left_out; ///< about rows that are not shown; empty: all are
};

shown_rows rows_of(const run_comparison& c, bool all_rows) {
    shown_rows rows;
    std::uint64_t same = 0;
    std::uint64_t unknown = 0;
    for (const auto& r : c.latencies) {
        if (is_shown(r, all_rows))
            rows.latencies.push_back(cells_of(r));
        else
            ++(r.verdict == change_verdict::same ? same : unknown);
    }
    for (const auto& r : c.counts)
        rows.counts.push_back(
            {r.metric, human_count(r.old_count), human_count(r.new_count), std::string(to_string(r.verdict))});
    if (same + unknown != 0)
        rows.left_out = fmt::format("{} by service and phase are not shown: {} same, {} cannot be told (compare --all)",
                                    count_of(same + unknown, "row", "rows"), same, unknown);
    return rows;
}

std::string run_text(const stored_run& run) {
    return fmt::format("{} (loadsim {}, {}, {})", run.path.string(), run.version.empty() ? "unknown" : run.version,
                       count_of(run.result.sum.requests.due, "request", "requests"),
                       run.runs > 1 ? fmt::format("{} runs", run.runs)
                                    : iso_time(run.result.started, iso_format::seconds));
}

/// " in 7 of 20 percentiles of all requests, 13 cannot be told"; empty: all can be told.
std::string cannot_tell_text(const run_comparison& c) {
    const auto all = std::ranges::count_if(c.latencies, is_of_all_requests);
    const auto unknown = std::ranges::count_if(
        c.latencies, [](const auto& r) { return is_of_all_requests(r) && r.verdict == change_verdict::cannot_tell; });
    if (unknown == 0) return "";
    return fmt::format(" in {} of {} percentiles of all requests, {} cannot be told", all - unknown, all, unknown);
}

/// "worse: e2e.p99 +22.1 %, unexpected 0 to 4".
std::string overall_text(const run_comparison& c) {
    std::string text(overall_verdict(c));
    const auto wanted = text == "worse" ? change_verdict::worse : change_verdict::better;
    if (!c.any(wanted)) {
        if (text == "no change") text += cannot_tell_text(c);
        for (const auto& allowance : c.without_data) text += fmt::format("; too few samples for '{}'", allowance);
        return text;
    }
    constexpr std::size_t named_max = 5;
    std::vector<std::string> named;
    for (const auto& r : c.counts)
        if (r.verdict == wanted)
            named.push_back(fmt::format("{} {} to {}", r.metric, human_count(r.old_count), human_count(r.new_count)));
    for (const auto& r : c.latencies)
        if (r.verdict == wanted) named.push_back(fmt::format("{} {}", row_name(r), percent_text(r.change.value_or(0))));
    const auto more = named.size() - std::min(named.size(), named_max);
    named.resize(named.size() - more);
    text += fmt::format(": {}", fmt::join(named, ", "));
    if (more != 0) text += fmt::format(" and {} more", more);
    return text;
}

std::string markdown_table(const std::vector<row>& rows) {
    std::string text;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (const auto& cell : rows[i]) {
            text += "| ";
            for (const char c : escape_for_terminal(cell)) text += c == '|' ? std::string("\\|") : std::string(1, c);
            text += ' ';
        }
        text += "|\n";
        if (i != 0) continue;
        for (std::size_t n = 0; n < rows[i].size(); ++n) text += n == 0 ? "| --- " : "| ---: ";
        text += "|\n";
    }
    return text;
}

json::array runs_json(const std::vector<stored_run>& runs) {
    json::array all;
    for (const auto& run : runs)
        all.push_back(json::object{{"path", run.path.string()},
                                   {"version", run.version},
                                   {"scenario", run.result.scenario},
                                   {"seed", run.result.seed},
                                   {"started_at", iso_time(run.result.started, iso_format::seconds)},
                                   {"runs", run.runs},
                                   {"requests_due", run.result.sum.requests.due},
                                   {"verdict", run.verdict}});
    return all;
}

json::value number_or_null(const std::optional<double>& number) {
    return number ? json::value(std::round(*number * 1e4) / 1e4) : json::value(nullptr);
}

} // namespace

problems load_problems(const comparison_heading& runs) {
    const auto& first = runs.before.front();
    problems all;
    const auto add = [&](const stored_run& run) {
        if (first.load.empty() || run.load.empty())
            all.add((first.load.empty() ? first : run).path.string(),
                    "has no scenario.yaml, so that the loads cannot be compared");
        else
            for (auto& difference : load_differences(first.load, run.load))
                all.add(run.path.string(), std::move(difference));
    };
    for (std::size_t i = 1; i < runs.before.size(); ++i) add(runs.before[i]);
    for (const auto& run : runs.after) add(run);
    return all;
}

std::vector<std::string> comparison_notes(const comparison_heading& runs) {
    std::vector<std::string> notes;
    const auto add_note = [&notes](std::string note) { // a run may be on both sides
        if (std::ranges::count(notes, note) == 0) notes.push_back(std::move(note));
    };
    const auto& first = runs.before.front();
    const auto add = [&](const stored_run& run) {
        const auto path = run.path.string();
        if (run.version != first.version)
            add_note(
                fmt::format("{} is of loadsim {}, {} of {}", path, run.version, first.path.string(), first.version));
        if (run.result.seed != first.result.seed)
            add_note(fmt::format("{} has the seed {}, {} has {}: other vehicles, other delays", path, run.result.seed,
                                 first.path.string(), first.result.seed));
        if (run.result.mode != first.result.mode)
            add_note(fmt::format("{} is a {}, {} a {}", path, to_string(run.result.mode), first.path.string(),
                                 to_string(first.result.mode)));
        if (run.verdict == "invalid") add_note(fmt::format("{} is an invalid run: its summary says why", path));
    };
    for (const auto& run : runs.before) add(run);
    for (const auto& run : runs.after) add(run);
    if (auto note = cost_note(runs.before, runs.after); !note.empty()) add_note(std::move(note));
    return notes;
}

std::string_view overall_verdict(const run_comparison& c) {
    const bool told = std::ranges::any_of(c.latencies, [](const auto& r) {
        return r.verdict == change_verdict::same || r.verdict == change_verdict::better;
    });
    if (c.any(change_verdict::worse)) return "worse";
    if (!told || !c.without_data.empty() || c.old_requests == 0 || c.new_requests == 0) return "nothing to compare";
    return c.any(change_verdict::better) ? "better" : "no change";
}

verdict::exit_code exit_code_of(const run_comparison& c) {
    const auto overall = overall_verdict(c);
    if (overall == "worse") return verdict::exit_code::missed;
    return overall == "nothing to compare" ? verdict::exit_code::no_data : verdict::exit_code::pass;
}

std::string comparison_summary(const run_comparison& c, std::string_view baseline) {
    auto text = fmt::format("\nbaseline  {}\n    against {}", escape_for_terminal(overall_text(c)),
                            escape_for_terminal(baseline));
    const auto size_of = [](const verdict::latency_change* change) {
        return change == nullptr ? 0 : std::abs(change->change.value_or(0));
    };
    const auto wanted = c.any(change_verdict::worse) ? change_verdict::worse : change_verdict::better;
    const verdict::latency_change* largest = nullptr;
    for (const auto& r : c.latencies)
        if (r.verdict == wanted && size_of(&r) > size_of(largest)) largest = &r;
    if (largest == nullptr) return text + '\n';
    const auto cells = cells_of(*largest);
    return text + fmt::format("; largest change: {} from {} to {}, 95 % interval {}\n", escape_for_terminal(cells[0]),
                              cells[1], cells[2], cells[4]);
}

std::string comparison_text(const run_comparison& c, const comparison_heading& heading, bool all_rows) {
    const auto rows = rows_of(c, all_rows);
    std::string text;
    for (const auto& run : heading.before) text += fmt::format("old       {}\n", escape_for_terminal(run_text(run)));
    for (const auto& run : heading.after) text += fmt::format("new       {}\n", escape_for_terminal(run_text(run)));
    for (const auto& note : heading.notes) text += fmt::format("note      {}\n", escape_for_terminal(note));
    if (rows.latencies.size() > 1) text += "\nlatency\n" + table(rows.latencies, 1, 5);
    if (!rows.left_out.empty()) text += fmt::format("    {}\n", rows.left_out);
    text += "\ncounts\n" + table(rows.counts, 1, 3);
    text += fmt::format("\nverdict   {}\n", escape_for_terminal(overall_text(c)));
    return text;
}

std::string comparison_markdown(const run_comparison& c, const comparison_heading& heading, bool all_rows) {
    const auto rows = rows_of(c, all_rows);
    std::string text = fmt::format("**Comparison: {}**\n\n", escape_for_terminal(overall_text(c)));
    for (const auto& run : heading.before) text += fmt::format("* old: {}\n", escape_for_terminal(run_text(run)));
    for (const auto& run : heading.after) text += fmt::format("* new: {}\n", escape_for_terminal(run_text(run)));
    for (const auto& note : heading.notes) text += fmt::format("* {}\n", escape_for_terminal(note));
    if (rows.latencies.size() > 1) text += '\n' + markdown_table(rows.latencies);
    if (!rows.left_out.empty()) text += fmt::format("\n{}\n", rows.left_out);
    text += '\n' + markdown_table(rows.counts);
    return text;
}

std::string comparison_json(const run_comparison& c, const comparison_heading& heading) {
    json::array latencies;
    for (const auto& r : c.latencies) {
        const auto ms = [](std::uint64_t samples, nanoseconds d) {
            return samples == 0 ? json::value(nullptr) : json::value(json_ms(d));
        };
        json::object labels;
        if (!r.service.empty()) labels["service"] = r.service;
        if (!r.phase.empty()) labels["phase"] = r.phase;
        latencies.push_back(json::object{{"hop", to_string(r.hop)},
                                         {"labels", std::move(labels)},
                                         {"percentile", r.percentile},
                                         {"old_samples", r.old_samples},
                                         {"new_samples", r.new_samples},
                                         {"old_ms", ms(r.old_samples, r.old_value)},
                                         {"new_ms", ms(r.new_samples, r.new_value)},
                                         {"change", number_or_null(r.change)},
                                         {"interval_low", number_or_null(r.low)},
                                         {"interval_high", number_or_null(r.high)},
                                         {"verdict", to_string(r.verdict)},
                                         {"reason", r.reason},
                                         {"allowed", r.allowed}});
    }
    json::array counts;
    for (const auto& r : c.counts)
        counts.push_back(json::object{{"metric", r.metric},
                                      {"old_count", r.old_count},
                                      {"new_count", r.new_count},
                                      {"verdict", to_string(r.verdict)}});
    return json_indented(json::object{{"schema", "loadsim.comparison/1"},
                                      {"verdict", overall_verdict(c)},
                                      {"exit_code", static_cast<int>(exit_code_of(c))},
                                      {"old", runs_json(heading.before)},
                                      {"new", runs_json(heading.after)},
                                      {"notes", json::array(heading.notes.begin(), heading.notes.end())},
                                      {"latencies", std::move(latencies)},
                                      {"counts", std::move(counts)}});
}

} // namespace loadsim::report
