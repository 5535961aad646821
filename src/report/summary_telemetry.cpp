// Telemetry and taps in the final summary for the terminal.
#include "summary_sections.hpp"

#include "text_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace loadsim::report {
namespace {

using measure::telemetry_counts;

std::string drained_text(const measure::backlog_counts& b) {
    if (b == measure::backlog_counts{}) return "";
    auto text =
        fmt::format("    {}, {} drained", count_of(b.begun, "backlog", "backlogs"), human_count(b.drained.count()));
    if (!b.drained.empty())
        text += fmt::format(" after p50 {}, p99 {}, max {}", human_percentile(b.drained, 50),
                            human_percentile(b.drained, 99), human_latency(b.drained.max()));
    return text + '\n';
}

/// What a tap found of records that no vehicle sent so, and the errors of its consumer.
void add_tap_findings(std::vector<row>& to, const std::string& name, const measure::tap_counts& tap) {
    const auto sum = tap.sum();
    const std::pair<std::uint64_t, std::string_view> findings[] = {
        {sum.unknown_vehicle, "records that name no vehicle of the fleet"},
        {sum.without_sequence, "records without a sequence"},
        {sum.foreign, "records that their vehicle never sent"},
        {sum.wrong_key, "records whose key names another vehicle than the payload, or none"},
    };
    for (const auto& [count, what] : findings)
        if (count != 0) to.push_back({human_count(count) + " x", fmt::format("{}: {}", name, what)});
    for (const auto& [why, count] : tap.errors)
        to.push_back({human_count(count) + " x", fmt::format("{} not consumed: {}", name, why)});
}

} // namespace

std::string telemetry_text(const measure::totals& sum, const measure::labels& labels, const summary_style& style) {
    if (sum.telemetry.empty()) return "";
    std::vector<std::pair<std::uint32_t, const telemetry_counts*>> shown;
    for (const auto& [group, counts] : sum.telemetry) shown.emplace_back(group, &counts);
    std::string title = "\ntelemetry";
    if (shown.size() > max_table_rows) {
        title += fmt::format("  (the {} of {} that lost most; all are in summary.json)", max_table_rows, shown.size());
        std::ranges::stable_sort(shown, std::greater{}, [](const auto& s) { return s.second->never_arrived(); });
        shown.resize(max_table_rows);
    }
    std::vector<row> rows{
        {"", "due", "acknowledged", "", "lost", "re-issued", "in store", "publish p50", "publish p99"}};
    std::vector<row> reasons;
    for (const auto& [group, counts] : shown) {
        const auto name = name_at(labels.telemetry, group);
        rows.push_back({name, human_count(counts->due), human_count(counts->acknowledged),
                        human_percentage(counts->acknowledged, counts->due + counts->restored),
                        human_count(counts->never_arrived()), human_count(counts->reissued),
                        human_count(counts->in_store), human_percentile(counts->publish, 50),
                        human_percentile(counts->publish, 99)});
        for (const auto& [why, count] : counts->reasons)
            reasons.push_back({human_count(count) + " x", fmt::format("{}: {}", name, why)});
    }
    for (const auto& [why, count] : sum.backlogs.reasons)
        reasons.push_back({human_count(count) + " x", "store: " + why});
    enum : std::size_t { share = 3, reissued = 5, in_store, p50 };
    return title + '\n' + table(rows, {.width = style.columns, .optional_columns = {share, in_store, p50, reissued}}) +
           drained_text(sum.backlogs) + table(reasons, 2);
}

std::string taps_text(const measure::totals& sum, const measure::labels& labels, const summary_style& style) {
    if (sum.taps.empty()) return "";
    std::vector<row> rows{{"", "sent", "matched", "lost", "duplicated", "out of order", "corrupted", "not reconciled",
                           "bridge p99", "deliver p99"}};
    std::vector<row> findings;
    for (const auto& [tap, counts] : sum.taps) {
        const auto name = name_at(labels.taps, tap);
        const auto all = counts.sum();
        rows.push_back({name, human_count(all.sent), human_count(all.matched), human_count(all.lost),
                        human_count(all.duplicated), human_count(all.out_of_order), human_count(all.corrupted),
                        human_count(all.not_reconciled()), human_percentile(counts.bridge, 99),
                        human_percentile(counts.deliver, 99)});
        add_tap_findings(findings, name, counts);
    }
    enum : std::size_t { sent = 1, out_of_order = 5, corrupted, not_reconciled, bridge };
    return "\ntaps\n" +
           table(rows, {.width = style.columns,
                        .optional_columns = {sent, bridge, not_reconciled, corrupted, out_of_order}}) +
           table(findings, 2);
}

} // namespace loadsim::report
