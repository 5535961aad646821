#include "summary_sections.hpp"

#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/output.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>

namespace loadsim::report {
namespace {

using measure::recovery;

struct matrix_cell {
    const measure::totals::matrix_key* key;
    std::uint64_t count;
};

bool is_unexpected(const measure::totals::matrix_key& key) { return !std::get<2>(key).contains(std::get<3>(key)); }

row matrix_row(const matrix_cell& c, const measure::labels& labels) {
    const auto& [segment, service, expected, observed] = *c.key;
    return {name_at(labels.segments, segment),        name_at(labels.behaviours, segment),
            name_at(labels.services, service),        to_string(expected),
            std::string(to_string(observed)),         human_count(c.count),
            is_unexpected(*c.key) ? "unexpected" : ""};
}

/// Recovery time as text; absent: not recovered yet.
std::string recovery_time_text(const std::optional<nanoseconds>& d) { return d ? human_latency(*d) : "not reached"; }

row recovery_row(const recovery& r) {
    return {r.condition,
            "at " + human_elapsed(r.started),
            human_count(r.affected),
            human_count(r.recovered),
            r.affected == 0 ? "-" : recovery_time_text(r.recovery_time),
            r.budget.empty() ? "-"
            : r.latency_recovery_time && r.latency_recovery_time->count() == 0
                ? "not exceeded"
                : recovery_time_text(r.latency_recovery_time),
            r.budget};
}

/// Sort key: the longer of both recovery times; not recovered sorts as the longest.
nanoseconds longest_recovery(const recovery& r) {
    const auto recovery_time = r.affected == 0 ? nanoseconds(0) : r.recovery_time.value_or(nanoseconds::max());
    const auto latency_recovery_time =
        r.budget.empty() ? nanoseconds(0) : r.latency_recovery_time.value_or(nanoseconds::max());
    return std::max(recovery_time, latency_recovery_time);
}

} // namespace

std::string matrix_text(const measure::totals& sum, const measure::labels& labels, const summary_style& style) {
    std::vector<matrix_cell> all;
    for (const auto& [key, count] : sum.matrix)
        if (count != 0 && (style.verbose || is_unexpected(key))) all.push_back({&key, count});
    if (all.empty()) return "";
    std::string title = style.verbose ? "\nexpected and observed outcomes" : "\nunexpected outcomes";
    std::vector<row> rows{{"segment", "behaviour", "service", "expected", "observed", "count", ""}};
    if (!style.verbose) {
        const auto total_rows = all.size();
        std::ranges::stable_sort(all, std::greater{}, &matrix_cell::count);
        all.resize(std::min(all.size(), max_table_rows));
        if (all.size() < total_rows)
            title +=
                fmt::format("  ({} of {}; all are in summary.json)", all.size(), count_of(total_rows, "row", "rows"));
        for (const auto& c : all) rows.push_back(matrix_row(c, labels));
        for (auto& r : rows) r.pop_back(); // all are unexpected
    } else if (all.size() > max_table_rows) {
        std::uint64_t as_expected = 0;
        for (const auto& c : all) as_expected += is_unexpected(*c.key) ? 0 : c.count;
        const auto total_rows = all.size();
        std::erase_if(all, [](const matrix_cell& c) { return !is_unexpected(*c.key); });
        std::ranges::stable_sort(all, std::greater{}, &matrix_cell::count);
        all.resize(std::min(all.size(), max_table_rows));
        title += fmt::format("  ({} of {}; all are in summary.json)", all.size(), count_of(total_rows, "row", "rows"));
        for (const auto& c : all) rows.push_back(matrix_row(c, labels));
        rows.push_back({"", "", "", "", "all as expected", human_count(as_expected), ""});
        rows.push_back({"", "", "", "", "all unexpected", human_count(sum.requests.unexpected), ""});
    } else {
        for (const auto& c : all) rows.push_back(matrix_row(c, labels));
    }
    constexpr std::size_t behaviour = 1;
    return title + '\n' +
           table(rows, {.left_aligned = 5, .text_from = 6, .width = style.columns, .optional_columns = {behaviour}});
}

std::string anomalies_text(const anomaly_counts& counts, const anomaly_counts& expected_anomalies,
                           std::uint64_t omitted_records) {
    std::vector<row> rows;
    const auto add = [&rows](const anomaly_counts& of, const char* note) {
        for (std::size_t i = 0; i < anomaly_count; ++i)
            if (of[i] != 0) rows.push_back({std::string(anomaly_names[i]), human_count(of[i]), note});
    };
    add(counts, "");
    add(expected_anomalies, "expected");
    if (rows.empty() && omitted_records == 0) return "";
    std::string text = "\nanomalies\n" + table(rows, 1, 2);
    if (omitted_records != 0)
        text += fmt::format("    {} counted but not recorded: over the limit\n",
                            count_of(omitted_records, "anomaly or session event", "anomalies and session events"));
    return text;
}

std::string_view budget_mark(const verdict::budget_result& result) {
    if (result.verdict == verdict::budget_verdict::pass) return "✓";
    if (result.severity == verdict::budget_severity::warn) return "!";
    return result.verdict == verdict::budget_verdict::fail ? "✗" : "?";
}

bool has_anomalies(const anomaly_counts& counts) {
    return std::ranges::any_of(counts, [](std::uint64_t n) { return n != 0; });
}

std::string queued_text(const measure::queued_counts& q) {
    if (q.delivered == 0) return "";
    std::string waited;
    if (!q.wait.empty())
        waited = fmt::format(" for p50 {}, p99 {}, max {};", human_percentile(q.wait, 50), human_percentile(q.wait, 99),
                             human_latency(q.wait.max()));
    return fmt::format("queued    {} for unreachable vehicles{} {}\n",
                       count_of(q.delivered, "command waited", "commands waited"), waited,
                       q.out_of_order == 0 ? "none out of order" : human_count(q.out_of_order) + " out of order");
}

std::string recoveries_text(const std::vector<recovery>& all, const summary_style& style) {
    if (all.empty()) return "";
    std::vector<std::reference_wrapper<const recovery>> shown(all.begin(), all.end());
    std::string title = "\nrecovery";
    if (shown.size() > max_table_rows) {
        std::ranges::stable_sort(shown, std::greater{}, longest_recovery);
        shown.erase(shown.begin() + max_table_rows, shown.end());
        title += fmt::format("  (the {} slowest of {}; all are in summary.json)", max_table_rows, all.size());
    }
    std::vector<row> rows{{"", "", "affected", "recovered", "99 % after", "latency after", "budget"}};
    for (const recovery& r : shown) rows.push_back(recovery_row(r));
    enum : std::size_t { affected = 2, recovered, budget = 6 };
    return title + '\n' +
           table(rows, {.left_aligned = 2,
                        .text_from = budget,
                        .width = style.columns,
                        .optional_columns = {budget, affected, recovered}});
}

std::string observers_text(const measure::totals& sum, const measure::labels& labels, const summary_style& style) {
    const bool has_reasons = std::ranges::any_of(sum.observers, [](const auto& o) {
        return !o.second.rejections.empty() || !o.second.connection_errors.empty();
    });
    const bool has_disagreements =
        std::ranges::any_of(sum.observers, [](const auto& o) { return o.second.disagreements != 0; });
    if (!has_reasons && (labels.observers.size() < 2 || !(style.verbose || has_disagreements))) return "";
    std::vector<row> rows{{"", "messages", "completions", "first", "disagreements"}};
    std::vector<row> reasons;
    for (std::size_t i = 0; i < std::max<std::size_t>(1, labels.observers.size()); ++i) {
        const auto index = static_cast<std::uint32_t>(i);
        const auto found = sum.observers.find(index);
        const auto o = found == sum.observers.end() ? measure::observer_counts{} : found->second;
        const auto name = labels.observer(index);
        rows.push_back({name, human_count(o.received), human_count(o.completions), human_count(o.first_completions),
                        human_count(o.disagreements)});
        for (const auto& [why, count] : o.rejections)
            reasons.push_back({human_count(count) + " x", name + " rejected: " + why});
        for (const auto& [why, count] : o.connection_errors)
            reasons.push_back({human_count(count) + " x", name + " not connected: " + why});
    }
    return "\nobservers\n" + table(rows, {.width = style.columns}) + table(reasons, 2);
}

std::string campaigns_text(const measure::totals& sum, const measure::labels& labels, const summary_style& style) {
    if (sum.campaigns.empty()) return "";
    std::vector<row> rows{{"", "addressed", "delivered", "", "after reconnect", "duplicates", "p50", "p99", "max"}};
    for (const auto& [index, c] : sum.campaigns) {
        row r{name_at(labels.campaigns, index),
              human_count(c.addressed),
              human_count(c.delivered),
              human_percentage(c.delivered, c.addressed),
              human_count(c.delivered_after_reconnect),
              human_count(c.duplicate_deliveries)};
        for (const auto p : {50.0, 99.0}) r.push_back(human_percentile(c.latency, p));
        r.push_back(c.latency.empty() ? "-" : human_latency(c.latency.max()));
        rows.push_back(std::move(r));
    }
    enum : std::size_t { after_reconnect = 4, duplicates, p50, max = 8 };
    return "\ncampaigns\n" +
           table(rows, {.width = style.columns, .optional_columns = {p50, after_reconnect, max, duplicates}});
}

std::string machines_text(const std::vector<measure::machine_load>& machines) {
    std::string text;
    for (const auto& m : machines) {
        std::vector<std::string> parts;
        const auto add_share = [&](std::string_view what, std::optional<double> share, std::optional<double> cores) {
            if (!share) return;
            parts.push_back(fmt::format("{} {:.0f} %", what, *share * 100));
            if (cores) parts.back() += fmt::format(" of {:.3g} {}", *cores, *cores == 1 ? "core" : "cores");
        };
        add_share("generator", m.own_share, m.cores_usable);
        add_share("other processes", m.other_share, m.cores);
        add_share("steal", m.steal_share, {});
        if (m.stalled_s) add_share("waiting for a core", *m.stalled_s / m.measured_s, {});
        if (m.throttled_s.value_or(0) > 0) parts.push_back(fmt::format("throttled {:.1f} s", *m.throttled_s));
        if (parts.empty()) continue;
        text += fmt::format("    CPU{}: {}\n", machines.size() > 1 ? " of " + escape_for_terminal(m.host) : "",
                            fmt::join(parts, ", "));
    }
    return text;
}

std::string broker_api_text(const measure::broker_api_counts& c) {
    if (c == measure::broker_api_counts{}) return "";
    auto text = fmt::format("broker API {} accepted", count_of(c.accepted, "command", "commands"));
    if (c.delayed != 0) text += fmt::format(" ({} of them delayed)", human_count(c.delayed));
    if (c.refused != 0) text += fmt::format(", {} refused by a fault", human_count(c.refused));
    if (c.reset != 0) text += fmt::format(", {} reset by a fault", human_count(c.reset));
    text += fmt::format("; {} posted to the platform", count_of(c.posted, "response", "responses"));
    if (c.duplicated != 0) text += fmt::format(" ({} of them twice)", human_count(c.duplicated));
    text += '\n';
    std::vector<row> rows;
    for (const auto& [why, count] : c.reasons) rows.push_back({human_count(count) + " x", why});
    return text + table(rows, 2);
}

std::string unmatched_fields_text(const std::map<std::string, std::uint64_t>& unmatched_fields) {
    if (unmatched_fields.empty()) return "";
    std::string text = "\ncontract fields never found\n";
    for (const auto& [sentence, shards] : unmatched_fields) text += "    " + escape_for_terminal(sentence) + '\n';
    return text;
}

std::string programs_text(const measure::program_counts& p) {
    if (p.asked == 0 && p.failures.empty()) return "";
    const auto waited = p.answer.empty() ? std::string{} : ", p99 " + human_percentile(p.answer, 99);
    std::vector<row> rows;
    for (const auto& [why, count] : p.reasons) rows.push_back({human_count(count) + " x", why});
    return fmt::format("exec      {} to external programs, {} answered{}, {} failed\n",
                       count_of(p.asked, "question", "questions"), human_count(p.answered), waited,
                       human_count(p.failed())) +
           table(rows, 2);
}

std::string broker_limits_text(const std::map<std::string, std::uint64_t>& limits) {
    if (limits.empty()) return "";
    std::string text = "\nlimits of the broker\n";
    for (const auto& [sentence, shards] : limits) text += "    " + escape_for_terminal(sentence) + '\n';
    return text;
}

} // namespace loadsim::report
