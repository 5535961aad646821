#include "summary_ledger.hpp"

#include "table.hpp"
#include "text_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

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
std::string recovery_time_text(const std::optional<nanoseconds>& d) { return d ? human_latency(*d) : "not yet"; }

row recovery_row(const recovery& r) {
    return {r.condition,
            "at " + human_elapsed(r.started),
            human_count(r.affected),
            human_count(r.recovered),
            r.affected == 0 ? "-" : recovery_time_text(r.recovery_time),
            r.budget.empty() ? "-"
            : r.latency_recovery_time && r.latency_recovery_time->count() == 0
                ? "always"
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

std::string matrix_text(const measure::totals& sum, const measure::labels& labels) {
    std::vector<matrix_cell> all;
    for (const auto& [key, count] : sum.matrix)
        if (count != 0) all.push_back({&key, count});
    if (all.empty()) return "";
    std::string title = "\nexpected against observed";
    std::vector<row> rows{{"segment", "behaviour", "service", "expected", "observed", "count", ""}};
    if (all.size() > max_table_rows) {
        std::uint64_t as_expected = 0;
        for (const auto& c : all) as_expected += is_unexpected(*c.key) ? 0 : c.count;
        const auto total_rows = all.size();
        std::erase_if(all, [](const matrix_cell& c) { return !is_unexpected(*c.key); });
        std::ranges::stable_sort(all, std::greater{}, &matrix_cell::count);
        all.resize(std::min(all.size(), max_table_rows));
        title +=
            fmt::format("  ({} of {}; summary.json has them all)", all.size(), count_of(total_rows, "row", "rows"));
        for (const auto& c : all) rows.push_back(matrix_row(c, labels));
        rows.push_back({"", "", "", "", "all as expected", human_count(as_expected), ""});
        rows.push_back({"", "", "", "", "all unexpected", human_count(sum.requests.unexpected), ""});
    } else {
        for (const auto& c : all) rows.push_back(matrix_row(c, labels));
    }
    return title + '\n' + table(rows, 5, 6);
}

std::string anomalies_text(const anomaly_counts& counts, const anomaly_counts& expected_anomalies,
                           std::uint64_t not_recorded) {
    std::vector<row> rows;
    const auto add = [&rows](const anomaly_counts& of, const char* note) {
        for (std::size_t i = 0; i < anomaly_count; ++i)
            if (of[i] != 0) rows.push_back({std::string(anomaly_names[i]), human_count(of[i]), note});
    };
    add(counts, "");
    add(expected_anomalies, "on purpose");
    if (rows.empty() && not_recorded == 0) return "";
    std::string text = "\nanomalies\n" + table(rows, 1, 2);
    if (not_recorded != 0)
        text += fmt::format("    {} counted, but too many to be written down one by one\n",
                            count_of(not_recorded, "anomaly or session event is", "anomalies and session events are"));
    return text;
}

bool has_anomalies(const anomaly_counts& counts) {
    return std::ranges::any_of(counts, [](std::uint64_t n) { return n != 0; });
}

std::string queued_text(const measure::queued_counts& q) {
    if (q.delivered == 0) return "";
    std::string waited;
    if (!q.waited.empty())
        waited = fmt::format(" for p50 {}, p99 {}, at most {};", human_latency(q.waited.percentile(50)),
                             human_latency(q.waited.percentile(99)), human_latency(q.waited.max()));
    return fmt::format("queued    {} for vehicles that were away{} {}\n",
                       count_of(q.delivered, "command waited", "commands waited"), waited,
                       q.out_of_order == 0 ? "all came in order" : human_count(q.out_of_order) + " came out of order");
}

std::string recoveries_text(const std::vector<recovery>& all) {
    if (all.empty()) return "";
    std::vector<std::reference_wrapper<const recovery>> shown(all.begin(), all.end());
    std::string title = "\nrecovery";
    if (shown.size() > max_table_rows) {
        std::ranges::stable_sort(shown, std::greater{}, longest_recovery);
        shown.erase(shown.begin() + max_table_rows, shown.end());
        title += fmt::format("  (the {} slowest of {}; summary.json has them all)", max_table_rows, all.size());
    }
    std::vector<row> rows{{"", "", "affected", "back", "99 % back after", "latency back after", "budget"}};
    for (const recovery& r : shown) rows.push_back(recovery_row(r));
    return title + '\n' + table(rows, 2, 6);
}

} // namespace loadsim::report
