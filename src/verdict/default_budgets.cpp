#include <loadsim/verdict/default_budgets.hpp>

#include "telemetry_metrics.hpp"

#include <algorithm>
#include <array>

namespace loadsim::verdict {
namespace {

bool is_about_unexpected(const budget& b) { return b.metric == "unexpected"; }

bool is_about_anomalies(const budget& b) {
    return b.metric == "anomalies" || (b.metric.starts_with("anomalies.") && is_within(b, 1));
}

bool is_about_lost_telemetry(const budget& b) {
    return b.metric == "telemetry.lost" || (is_part_of_lost(b.metric) && is_within(b, 1));
}

bool is_about_errored_telemetry(const budget& b) { return b.metric == "telemetry.errored"; }

struct default_budget {
    const char* expression;
    bool (*is_replaced_by)(const budget&);
    bool is_of_telemetry;
};
constexpr auto default_budgets = std::to_array<default_budget>({
    {"unexpected == 0", is_about_unexpected, false},
    {"anomalies == 0", is_about_anomalies, false},
    {"telemetry.lost == 0", is_about_lost_telemetry, true},
    {"telemetry.errored == 0", is_about_errored_telemetry, true},
});

} // namespace

std::vector<budget> missing_default_budgets(const std::vector<budget>& given, const load_content& load) {
    std::vector<budget> missing;
    for (const auto& [expression, is_replaced_by, of_telemetry] : default_budgets)
        if ((of_telemetry ? load.telemetry : load.requests) && std::ranges::none_of(given, is_replaced_by))
            missing.push_back(parse_budget(expression).value());
    return missing;
}

bool replaces_default_budget(const budget& b) {
    return std::ranges::any_of(default_budgets, [&](const auto& d) { return d.is_replaced_by(b); });
}

} // namespace loadsim::verdict
