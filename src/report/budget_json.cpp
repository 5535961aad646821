// Results of budgets and counts of requests, as in summary.json.
#include "json_format.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <string_view>

namespace loadsim::report {
namespace {

namespace json = boost::json;

/// Of a budget's result: "service=horn,phase=steady" -> {"service": "horn", "phase": "steady"}.
json::object budget_labels(std::string_view text) {
    json::object labels;
    while (!text.empty()) {
        const auto one = text.substr(0, text.find(','));
        const auto equals = one.find('=');
        labels[one.substr(0, equals)] = one.substr(std::min(one.size(), equals + 1));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
    }
    return labels;
}

} // namespace

json::object json_requests(const measure::request_counts& r) {
    json::object outcomes;
    for (std::size_t i = 0; i < r.outcomes.size(); ++i) outcomes[outcome_names[i]] = r.outcomes[i];
    return {{"due", r.due}, {"sent", r.sent}, {"unexpected", r.unexpected}, {"outcomes", std::move(outcomes)}};
}

json::array json_budgets(const std::vector<verdict::budget_result>& budgets) {
    json::array rows;
    for (const auto& r : budgets) {
        const auto interval = r.interval_low && r.interval_high
                                  ? json::value(json::array{*r.interval_low, *r.interval_high})
                                  : json::value(nullptr);
        rows.push_back(json::object{{"expression", r.expression},
                                    {"metric", r.metric},
                                    {"labels", budget_labels(r.labels)},
                                    {"operator", r.op},
                                    {"limit", r.limit},
                                    {"unit", r.unit},
                                    {"observed_value", json_or_null(r.observed)},
                                    {"observed_from_begun", json_or_null(r.observed_from_begun)},
                                    {"samples", r.samples},
                                    {"interval", interval},
                                    {"carried", r.carried},
                                    {"close", r.close},
                                    {"verdict", to_string(r.verdict)},
                                    {"severity", to_string(r.severity)},
                                    {"sentence", r.sentence}});
    }
    return rows;
}

} // namespace loadsim::report
