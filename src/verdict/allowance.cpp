#include "metric.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/verdict/budget.hpp>
#include <loadsim/verdict/comparison.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace loadsim::verdict {
namespace {

/// "5%" as 0.05; may be above 100 %.
result<double> parse_increase(std::string_view text) {
    double percentage{};
    const auto end = text.data() + text.size() - 1;
    const auto [stopped, error] = std::from_chars(text.data(), end, percentage, std::chars_format::fixed);
    if (error != std::errc{} || stopped != end || !(percentage >= 0 && percentage <= 1e6))
        return parse_error(fmt::format("'{}' is not a percentage; write one such as 5%", text));
    return percentage / 100;
}

} // namespace

result<allowance> parse_allowance(std::string_view expression) {
    const auto whole = trimmed(expression);
    const auto plus = whole.rfind('+');
    if (plus == whole.npos) return parse_error(fmt::format("'{}' has no '+'; write one such as 'e2e.p99 +5%'", whole));
    const auto change = trimmed(whole.substr(plus + 1));
    if (change.empty()) return parse_error(fmt::format("a change is missing after the '+' of '{}'", whole));
    // The metric is that of a budget: the same names, labels and suggestions.
    const auto limited = parse_budget(fmt::format("{} < 1s", whole.substr(0, plus)));
    if (!limited) return limited.error();
    const auto known = std::ranges::find(measure::hop_names, limited->metric);
    if (limited->metric_kind != budget::kind::latency || known == measure::hop_names.end())
        return parse_error(fmt::format("{} is not compared; name a hop, such as e2e.p99", limited->metric));
    if (limited->percentile <= 0 ||
        std::ranges::find(compared_percentiles, limited->percentile) == compared_percentiles.end())
        return parse_error(fmt::format("{}.{} is not compared; there are p50, p90, p95, p99 and p99.9", limited->metric,
                                       limited->stat));
    allowance made{.expression = std::string(whole)};
    made.hop = static_cast<measure::hop>(known - measure::hop_names.begin());
    if (made.hop == measure::hop::lag || made.hop == measure::hop::vehicle)
        return parse_error(fmt::format("{} is the load generator's own and not compared", limited->metric));
    if (!limited->segment.empty() || !limited->condition.empty())
        return parse_error("runs are compared by service and phase; leave the other labels out");
    made.percentile = limited->percentile;
    made.service = limited->service;
    made.phase = limited->phase;
    if (change.ends_with('%')) {
        const auto fraction = parse_increase(change);
        if (!fraction) return fraction.error();
        made.fraction = *fraction;
        return made;
    }
    const auto duration = parse_duration(change);
    if (!duration) return duration.error();
    made.duration = *duration;
    return made;
}

} // namespace loadsim::verdict
