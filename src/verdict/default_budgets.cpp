#include <loadsim/verdict/default_budgets.hpp>

#include <algorithm>

namespace loadsim::verdict {
namespace {

bool is_about_unexpected(const budget& b) { return b.metric == "unexpected"; }

bool is_about_anomalies(const budget& b) {
    return b.metric == "anomalies" || (b.metric.starts_with("anomalies.") && is_within(b, 1));
}

} // namespace

std::vector<budget> missing_default_budgets(const std::vector<budget>& given) {
    std::vector<budget> missing;
    if (std::ranges::none_of(given, is_about_unexpected)) missing.push_back(parse_budget("unexpected == 0").value());
    if (std::ranges::none_of(given, is_about_anomalies)) missing.push_back(parse_budget("anomalies == 0").value());
    return missing;
}

} // namespace loadsim::verdict
