#include <loadsim/verdict/budget.hpp>

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace loadsim::verdict {
namespace {

using kind = budget::kind;
using index = std::optional<std::uint32_t>;

/// The places of a name; "any" for no name. Several when two phases have one name.
std::vector<index> places_of(const std::string& name, const std::vector<std::string>& names) {
    if (name.empty()) return {std::nullopt};
    std::vector<index> places;
    for (std::uint32_t i = 0; i < names.size(); ++i)
        if (names[i] == name) places.emplace_back(i);
    return places;
}

measure::histogram samples_of(const budget& b, const measure::totals& seen, const measure::legend& names) {
    const auto found = std::ranges::find(measure::hop_names, b.figure);
    const auto hop = static_cast<measure::hop>(found - measure::hop_names.begin());
    measure::histogram samples;
    for (const auto service : places_of(b.service, names.services))
        for (const auto phase : places_of(b.phase, names.phases))
            samples.merge(seen.latencies.select(hop, {.service = service, .phase = phase}));
    return samples;
}

std::optional<double> stat_of(const measure::histogram& samples, const budget& b) {
    if (samples.empty()) return std::nullopt;
    if (b.stat == "min") return milliseconds(samples.min());
    if (b.stat == "mean") return milliseconds(samples.mean());
    if (b.stat == "max") return milliseconds(samples.max());
    return milliseconds(samples.percentile(b.percentile));
}

measure::request_counts requests_of(const budget& b, const measure::totals& seen, const measure::legend& names) {
    if (b.phase.empty()) return seen.requests;
    measure::request_counts sum;
    for (const auto place : places_of(b.phase, names.phases))
        if (*place < seen.phases.size()) sum.add(seen.phases[*place]);
    return sum;
}

std::uint64_t anomalies_of(std::string_view figure, const measure::totals& seen) {
    for (std::size_t i = 0; i < anomaly_names.size(); ++i)
        if (figure.ends_with(anomaly_names[i])) return seen.anomalies[i];
    return std::accumulate(seen.anomalies.begin(), seen.anomalies.end(), std::uint64_t{0});
}

std::uint64_t count_of(const budget& b, const measure::totals& seen, const measure::request_counts& requests) {
    const std::string_view figure = b.figure;
    if (figure == "sessions.refused") return seen.sessions.refused;
    if (figure == "sessions.dropped") return seen.sessions.dropped;
    if (figure == "sessions.reconnects") return seen.sessions.reconnects;
    if (figure == "queued.delivered") return seen.queued.delivered;
    if (figure == "queued.out_of_order") return seen.queued.out_of_order;
    if (figure.starts_with("anomalies")) return anomalies_of(figure, seen);
    const auto end = parse_outcome(figure.substr(std::min(figure.size(), std::string_view{"outcomes."}.size())));
    return end ? requests.outcomes[static_cast<std::size_t>(*end)] : requests.unexpected;
}

constexpr double for_ever = std::numeric_limits<double>::infinity();

/// The longest, in milliseconds; absent: there was none.
std::optional<double> recovery_of(const budget& b, const measure::run_facts& run) {
    std::optional<double> longest;
    for (const auto& r : run.recoveries) {
        const bool back = b.stat == "back";
        const bool measured = back ? r.affected != 0 : !r.budget.empty();
        if (!measured || (!b.condition.empty() && b.condition != r.condition)) continue;
        const auto took = back ? r.until_back : r.until_latency;
        longest = std::max(longest.value_or(0), took ? milliseconds(*took) : for_ever);
    }
    return longest;
}

std::optional<double> of_campaigns(const budget& b, const measure::totals& seen, const measure::legend& names) {
    measure::campaign_counts sum;
    for (const auto& [which, counts] : seen.campaigns)
        if (b.campaign.empty() || (which < names.campaigns.size() && names.campaigns[which] == b.campaign))
            sum.add(counts);
    if (sum.addressed == 0) return std::nullopt; // none was due
    if (b.figure_kind == kind::latency) return stat_of(sum.latency, b);
    if (b.figure_kind == kind::latency_count) return static_cast<double>(sum.latency.count());
    const bool repeated = b.figure == "campaigns.repeated";
    const auto undelivered = sum.addressed - std::min(sum.delivered, sum.addressed); // cut short, some may be ahead
    const auto count = static_cast<double>(repeated ? sum.repeated : undelivered);
    return b.figure_kind == kind::rate ? count / static_cast<double>(sum.addressed) : count;
}

/// In the unit of the limit; absent: no data.
std::optional<double> observe(const budget& b, const measure::run_facts& run, const measure::legend& names) {
    const auto& seen = run.sum;
    if (b.figure.starts_with("campaigns.")) return of_campaigns(b, seen, names);
    if (b.figure_kind == kind::latency) return stat_of(samples_of(b, seen, names), b);
    if (b.figure_kind == kind::connect) return stat_of(seen.sessions.connect, b);
    if (b.figure_kind == kind::connect_count) return static_cast<double>(seen.sessions.connect.count());
    if (b.figure_kind == kind::waited) return stat_of(seen.queued.waited, b);
    if (b.figure_kind == kind::waited_count) return static_cast<double>(seen.queued.waited.count());
    if (b.figure_kind == kind::recovery) return recovery_of(b, run);
    const auto requests = requests_of(b, seen, names);
    const bool of_requests = !b.figure.starts_with("sessions.") && !b.figure.starts_with("queued.");
    if (of_requests && (requests.due == 0 || places_of(b.service, names.services).empty())) return std::nullopt;
    if (b.figure_kind == kind::latency_count) return static_cast<double>(samples_of(b, seen, names).count());
    const auto count = static_cast<double>(count_of(b, seen, requests));
    return b.figure_kind == kind::rate ? count / static_cast<double>(requests.due) : count;
}

bool holds(double observed, comparison op, double limit) {
    // 1 in 1000 is 0.1 %, though the two divisions may differ in the last bit of a double.
    const bool same =
        observed != for_ever && std::abs(observed - limit) <= 1e-12 * std::max(std::abs(observed), std::abs(limit));
    switch (op) {
    case comparison::less: return observed < limit && !same;
    case comparison::less_equal: return observed < limit || same;
    case comparison::equal: return same;
    case comparison::greater_equal: return observed > limit || same;
    case comparison::greater: return observed > limit && !same;
    }
    return false;
}

std::string in_words(kind k, double observed) {
    switch (k) {
    case kind::rate: return fmt::format("{:.6g}%", observed * 100);
    case kind::count:
    case kind::latency_count:
    case kind::connect_count:
    case kind::waited_count: return fmt::format("{:.0f}", observed);
    case kind::latency:
    case kind::connect:
    case kind::waited:
    case kind::recovery: break;
    }
    auto text = fmt::format("{:.3f}", observed); // percentiles are whole microseconds
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text + "ms";
}

} // namespace

std::string_view to_string(finding f) {
    constexpr std::string_view names[] = {"pass", "fail", "no data"};
    return names[static_cast<std::size_t>(f)];
}

judgement judge(const budget& b, const measure::run_facts& run, const measure::legend& names) {
    const auto observed = observe(b, run, names);
    if (!observed) return {b.expression, std::nullopt, "no data", finding::no_data};
    const auto verdict = holds(*observed, b.op, b.limit) ? finding::pass : finding::fail;
    if (*observed == for_ever) return {b.expression, std::nullopt, "not in this run", verdict};
    return {b.expression, observed, in_words(b.figure_kind, *observed), verdict};
}

} // namespace loadsim::verdict
