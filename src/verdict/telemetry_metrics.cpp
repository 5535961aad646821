#include "telemetry_metrics.hpp"

#include <loadsim/base/counters.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace loadsim::verdict {
namespace {

using measure::delivery_counts;
using measure::telemetry_counts;

constexpr std::string_view telemetry_prefix = "telemetry.";
constexpr std::string_view tap_prefix = "tap.";

struct telemetry_count_metric {
    std::string_view name;
    std::uint64_t (*value)(const telemetry_counts&);
};
constexpr auto telemetry_count_metrics = std::to_array<telemetry_count_metric>({
    {"due", [](const telemetry_counts& c) { return c.due; }},
    {"sent", [](const telemetry_counts& c) { return c.sent; }},
    {"acknowledged", [](const telemetry_counts& c) { return c.acknowledged; }},
    {"lost", [](const telemetry_counts& c) { return c.never_arrived(); }},
    {"unacknowledged", [](const telemetry_counts& c) { return c.unacknowledged; }},
    {"refused", [](const telemetry_counts& c) { return c.refused; }},
    {"unsent", [](const telemetry_counts& c) { return c.unsent; }},
    {"errored", [](const telemetry_counts& c) { return c.errored; }},
    {"overwritten", [](const telemetry_counts& c) { return c.overwritten; }},
    {"expired", [](const telemetry_counts& c) { return c.expired; }},
    {"too_old", [](const telemetry_counts& c) { return c.too_old; }},
    {"stored", [](const telemetry_counts& c) { return c.stored; }},
    {"reissued", [](const telemetry_counts& c) { return c.reissued; }},
    {"in_store", [](const telemetry_counts& c) { return c.in_store; }},
    {"restored", [](const telemetry_counts& c) { return c.restored; }},
});

struct tap_count_metric {
    std::string_view name;
    std::uint64_t (*value)(const delivery_counts&);
    bool is_of_records; ///< that the tap consumed; else of messages that were sent
};
constexpr auto tap_count_metrics = std::to_array<tap_count_metric>({
    {"lost", [](const delivery_counts& c) { return c.lost; }, false},
    {"corrupted", [](const delivery_counts& c) { return c.corrupted; }, false},
    {"not_reconciled", [](const delivery_counts& c) { return c.not_reconciled(); }, false},
    {"duplicated", [](const delivery_counts& c) { return c.duplicated; }, true},
    {"reissue_duplicates", [](const delivery_counts& c) { return c.reissue_duplicates; }, true},
    {"out_of_order", [](const delivery_counts& c) { return c.out_of_order; }, true},
    {"foreign", [](const delivery_counts& c) { return c.foreign; }, true},
    {"unknown_vehicle", [](const delivery_counts& c) { return c.unknown_vehicle; }, true},
    {"without_sequence", [](const delivery_counts& c) { return c.without_sequence; }, true},
    {"wrong_key", [](const delivery_counts& c) { return c.wrong_key; }, true},
});

/// The metric of a name without its prefix; null: it is no count.
const auto* find_metric(const auto& metrics, std::string_view name) {
    const auto* found = std::ranges::find_if(metrics, [&](const auto& m) { return m.name == name; });
    return found == metrics.end() ? nullptr : found;
}

std::vector<std::string_view> names_of(const auto& metrics) {
    std::vector<std::string_view> names;
    for (const auto& m : metrics) names.push_back(m.name);
    return names;
}

bool is_named(const std::string& label, const std::vector<std::string>& names, std::uint32_t index) {
    return label.empty() || (index < names.size() && names[index] == label);
}

telemetry_counts groups_of_budget(const budget& b, const measure::totals& totals, const measure::labels& names) {
    telemetry_counts sum;
    for (const auto& [group, counts] : totals.telemetry)
        if (is_named(b.group, names.telemetry, group)) add(sum, counts);
    return sum;
}

/// Records of no group belong to a budget without the label `group`.
delivery_counts deliveries_of_budget(const budget& b, const measure::totals& totals, const measure::labels& names) {
    delivery_counts sum;
    for (const auto& [tap, counts] : totals.taps) {
        if (!is_named(b.tap, names.taps, tap)) continue;
        for (const auto& [group, of_group] : counts.groups)
            if (is_named(b.group, names.telemetry, group)) add(sum, of_group);
        if (b.group.empty()) add(sum, counts.unassigned);
    }
    return sum;
}

/// A budget on lost messages that would hold or not by those of which the tap does not know whether they are lost.
bool depends_on_unknown(const budget& b, const delivery_counts& c) {
    return b.metric == "tap.lost" && is_within(b, static_cast<double>(c.lost)) !=
                                         is_within(b, static_cast<double>(c.lost + c.sent_not_reconciled));
}

/// Of the hop `bridge` or `deliver`.
measure::histogram tap_durations(const budget& b, const measure::totals& totals, const measure::labels& names) {
    measure::histogram samples;
    for (const auto& [tap, counts] : totals.taps)
        if (is_named(b.tap, names.taps, tap)) samples.merge(b.metric == "tap.bridge" ? counts.bridge : counts.deliver);
    return samples;
}

measure::histogram backlog_durations(const measure::run_result& run) {
    constexpr auto never_drained = std::chrono::microseconds{2 * measure::histogram::highest_us};
    const auto& backlogs = run.sum.backlogs;
    auto samples = backlogs.drained;
    if (run.ended != measure::run_result::end_reason::aborted && backlogs.begun > samples.count())
        samples.record(never_drained, backlogs.begun - samples.count());
    return samples;
}

} // namespace

bool is_of_telemetry(const budget& b) { return b.metric.starts_with(telemetry_prefix); }
bool is_of_taps(const budget& b) { return b.metric.starts_with(tap_prefix); }
bool is_part_of_lost(std::string_view metric) {
    constexpr std::string_view parts[] = {"unacknowledged", "refused", "unsent", "errored",
                                          "overwritten",    "expired", "too_old"};
    return metric.starts_with(telemetry_prefix) &&
           std::ranges::find(parts, metric.substr(telemetry_prefix.size())) != std::end(parts);
}
bool is_of_backlogs(const budget& b) { return b.metric.starts_with("telemetry.backlog."); }
std::vector<std::string_view> telemetry_count_names() { return names_of(telemetry_count_metrics); }
std::vector<std::string_view> tap_count_names() { return names_of(tap_count_metrics); }

measure::histogram telemetry_durations(const budget& b, const measure::run_result& run, const measure::labels& names) {
    if (is_of_taps(b)) return tap_durations(b, run.sum, names);
    if (is_of_backlogs(b)) return backlog_durations(run);
    const auto groups = groups_of_budget(b, run.sum, names);
    return b.metric == "telemetry.lag" ? groups.lag : groups.publish;
}

telemetry_base telemetry_base_of(const budget& b, const measure::totals& totals, const measure::labels& names) {
    if (is_of_telemetry(b)) {
        const auto groups = groups_of_budget(b, totals, names);
        return {groups.due + groups.restored, "messages"};
    }
    const auto deliveries = deliveries_of_budget(b, totals, names);
    const auto* metric = find_metric(tap_count_metrics, std::string_view(b.metric).substr(tap_prefix.size()));
    return metric != nullptr && metric->is_of_records ? telemetry_base{deliveries.consumed, "records"}
                                                      : telemetry_base{deliveries.sent, "messages"};
}

std::optional<double> telemetry_count(const budget& b, const measure::totals& totals, const measure::labels& names) {
    const std::string_view metric = b.metric;
    if (is_of_backlogs(b))
        return totals.backlogs.begun == 0 ? std::nullopt
                                          : std::optional{static_cast<double>(totals.backlogs.drained.count())};
    if (telemetry_base_of(b, totals, names).count == 0) return std::nullopt;
    if (is_of_taps(b)) {
        const auto* found = find_metric(tap_count_metrics, metric.substr(tap_prefix.size()));
        const auto deliveries = deliveries_of_budget(b, totals, names);
        const auto count = found != nullptr ? found->value(deliveries) : tap_durations(b, totals, names).count();
        if (found != nullptr && depends_on_unknown(b, deliveries)) return std::nullopt;
        return static_cast<double>(count);
    }
    const auto groups = groups_of_budget(b, totals, names);
    const auto* found = find_metric(telemetry_count_metrics, metric.substr(telemetry_prefix.size()));
    const auto count = found != nullptr            ? found->value(groups)
                       : metric == "telemetry.lag" ? groups.lag.count()
                                                   : groups.publish.count();
    return static_cast<double>(count);
}

std::string telemetry_reason_text(const budget& b, const measure::totals& totals, const measure::labels& names) {
    const std::string_view metric = b.metric;
    if (!is_part_of_lost(metric) && metric != "telemetry.lost") return {};
    const auto sum = groups_of_budget(b, totals, names);
    const auto with_reasons = sum.refused + sum.unsent + sum.errored;
    const auto* counted = find_metric(telemetry_count_metrics, metric.substr(telemetry_prefix.size()));
    if (metric != "telemetry.lost" && counted->value(sum) != with_reasons) return {};
    std::pair<std::uint32_t, std::string_view> most;
    std::uint64_t count = 0;
    for (const auto& [group, counts] : totals.telemetry) {
        if (!is_named(b.group, names.telemetry, group)) continue;
        for (const auto& [why, n] : counts.reasons)
            if (n > count) most = {group, why}, count = n;
    }
    if (count == 0) return {};
    const auto [group, why] = most;
    return fmt::format("; most often ({} of '{}'): {}", count,
                       group < names.telemetry.size() ? names.telemetry[group] : std::string{}, why);
}

measure::histogram telemetry_lag(const budget& b, const measure::totals& totals, const measure::labels& names) {
    return groups_of_budget(b, totals, names).lag;
}

std::vector<std::string> check_telemetry(const budget& b, const measure::labels& names) {
    std::vector<std::string> errors;
    if (is_of_telemetry(b) && names.telemetry.empty())
        errors.push_back(
            fmt::format("{} has no data, as no vehicle sends telemetry: give fleet.telemetry, or leave the "
                        "budget out",
                        b.metric));
    if (is_of_taps(b) && names.taps.empty())
        errors.push_back(
            fmt::format("{} has no data, as there is no tap: give taps, or leave the budget out", b.metric));
    const bool of_part = !b.during.empty() || !b.except.empty() || b.over.count() != 0;
    if (b.metric == "telemetry.in_store" && (of_part || b.abort_after))
        errors.emplace_back(
            "telemetry.in_store is counted at the end of the run; during, except, over and abort do not "
            "go with it");
    return errors;
}

} // namespace loadsim::verdict
