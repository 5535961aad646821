#include "summary_ledger.hpp"

#include "figures.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

namespace loadsim::report {
namespace {

using measure::recovery;

struct cell {
    const measure::totals::matrix_key* key;
    std::uint64_t count;
};

bool off_diagonal(const measure::totals::matrix_key& key) { return !std::get<2>(key).contains(std::get<3>(key)); }

row matrix_row(const cell& c, const measure::legend& names) {
    const auto& [segment, service, expected, observed] = *c.key;
    return {name_at(names.segments, segment),        name_at(names.behaviours, segment),
            name_at(names.services, service),        to_string(expected),
            std::string(to_string(observed)),        human_count(c.count),
            off_diagonal(*c.key) ? "unexpected" : ""};
}

/// Of something that must come again: how long it took, or that it did not.
std::string took(const std::optional<nanoseconds>& d) { return d ? human_latency(*d) : "not yet"; }

row recovery_row(const recovery& r) {
    return {r.condition,
            "at " + human_elapsed(r.at),
            human_count(r.affected),
            human_count(r.back),
            r.affected == 0 ? "-" : took(r.until_back),
            r.budget.empty()                                   ? "-"
            : r.until_latency && r.until_latency->count() == 0 ? "always"
                                                               : took(r.until_latency),
            r.budget};
}

/// The longer of the two recoveries; never is longest.
nanoseconds slowness(const recovery& r) {
    const auto back = r.affected == 0 ? nanoseconds(0) : r.until_back.value_or(nanoseconds::max());
    const auto latency = r.budget.empty() ? nanoseconds(0) : r.until_latency.value_or(nanoseconds::max());
    return std::max(back, latency);
}

} // namespace

std::string matrix_text(const measure::totals& sum, const measure::legend& names) {
    std::vector<cell> all;
    for (const auto& [key, count] : sum.matrix)
        if (count != 0) all.push_back({&key, count});
    if (all.empty()) return "";
    std::string title = "\nexpected against observed";
    std::vector<row> rows{{"segment", "behaviour", "service", "expected", "observed", "count", ""}};
    if (all.size() > rows_at_most) {
        std::uint64_t as_expected = 0;
        for (const auto& c : all) as_expected += off_diagonal(*c.key) ? 0 : c.count;
        const auto in_all = all.size();
        std::erase_if(all, [](const cell& c) { return !off_diagonal(*c.key); });
        std::ranges::stable_sort(all, std::greater{}, &cell::count);
        all.resize(std::min(all.size(), rows_at_most));
        title += fmt::format("  ({} of {}; summary.json has them all)", all.size(), count_of(in_all, "row", "rows"));
        for (const auto& c : all) rows.push_back(matrix_row(c, names));
        rows.push_back({"", "", "", "", "all as expected", human_count(as_expected), ""});
        rows.push_back({"", "", "", "", "all unexpected", human_count(sum.requests.unexpected), ""});
    } else {
        for (const auto& c : all) rows.push_back(matrix_row(c, names));
    }
    return title + '\n' + table(rows, 5, 6);
}

std::string anomalies_text(const anomaly_counts& counts, const anomaly_counts& provoked, std::uint64_t not_recorded) {
    std::vector<row> rows;
    const auto add = [&rows](const anomaly_counts& of, const char* note) {
        for (std::size_t i = 0; i < anomaly_count; ++i)
            if (of[i] != 0) rows.push_back({std::string(anomaly_names[i]), human_count(of[i]), note});
    };
    add(counts, "");
    add(provoked, "on purpose");
    if (rows.empty() && not_recorded == 0) return "";
    std::string text = "\nanomalies\n" + table(rows, 1, 2);
    if (not_recorded != 0)
        text += fmt::format("    {} counted, but too many to be written down one by one\n",
                            count_of(not_recorded, "anomaly or session event is", "anomalies and session events are"));
    return text;
}

bool any_of(const anomaly_counts& counts) {
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
    if (shown.size() > rows_at_most) {
        std::ranges::stable_sort(shown, std::greater{}, slowness);
        shown.erase(shown.begin() + rows_at_most, shown.end());
        title += fmt::format("  (the {} slowest of {}; summary.json has them all)", rows_at_most, all.size());
    }
    std::vector<row> rows{{"", "", "affected", "back", "99 % back after", "latency back after", "budget"}};
    for (const recovery& r : shown) rows.push_back(recovery_row(r));
    return title + '\n' + table(rows, 2, 6);
}

} // namespace loadsim::report
