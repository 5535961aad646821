// Text of tune.json.
#include "json_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/report/experiment_report.hpp>

#include <boost/json.hpp>

#include <utility>

namespace loadsim::report {
namespace {

namespace json = boost::json;

json::value json_spread(const std::optional<experiment::figure_spread>& spread) {
    if (!spread) return nullptr;
    return json::object{{"mean", spread->mean}, {"lowest", spread->lowest}, {"highest", spread->highest}};
}

json::object json_round(const experiment::variant_round& round) {
    const auto ms = [](const std::optional<nanoseconds>& time) {
        return time ? json::value(json_ms(*time)) : json::value(nullptr);
    };
    return {{"valid", round.valid},
            {"meets_budgets", round.meets_budgets},
            {"missed_budget", round.missed},
            {"e2e_p50_ms", ms(round.latency_p50)},
            {"e2e_p99_ms", ms(round.latency_p99)},
            {"throughput_per_s", round.throughput},
            {"error_share", round.error_share},
            {"report", round.report_folder}};
}

json::value json_recommendation(const experiment::variant_choice& choice, const experiment::recommendation& one) {
    json::array alike;
    for (const auto i : one.alike) alike.emplace_back(choice.variants[i].name);
    return json::object{
        {"variant", one.variant ? json::value(choice.variants[*one.variant].name) : json::value(nullptr)},
        {"alike", std::move(alike)},
        {"reason", one.reason}};
}

} // namespace

std::string tune_json(const tune_result& r, const experiment_origin& origin) {
    json::array variants;
    for (std::size_t i = 0; i < r.choice.variants.size(); ++i) {
        const auto& v = r.choice.variants[i];
        json::array rounds;
        if (i < r.runs.size())
            for (const auto& round : r.runs[i].rounds) rounds.push_back(json_round(round));
        variants.push_back(json::object{{"name", v.name},
                                        {"meets_budgets", v.meets_budgets},
                                        {"missed_budget", v.missed},
                                        {"valid_rounds", v.rounds},
                                        {"invalid_rounds", v.invalid_rounds},
                                        {"cost", json_or_null(v.cost)},
                                        {"e2e_p50_ms", json_spread(v.latency_p50_ms)},
                                        {"e2e_p99_ms", json_spread(v.latency_p99_ms)},
                                        {"throughput_per_s", json_spread(v.throughput)},
                                        {"error_share", json_spread(v.error_share)},
                                        {"rounds", std::move(rounds)}});
    }
    return json_indented(
        json::object{{"schema", "loadsim.tune/1"},
                     {"version", origin.version},
                     {"scenario", origin.scenario},
                     {"target", origin.target},
                     {"seed", origin.seed},
                     {"started_at", iso_time(origin.started, iso_format::milliseconds)},
                     {"duration_ms", json_ms(origin.elapsed)},
                     {"exit_code", static_cast<int>(origin.code)},
                     {"cost_unit", r.cost_unit},
                     {"recommended", json::object{{"cheapest", json_recommendation(r.choice, r.choice.cheapest)},
                                                  {"fastest", json_recommendation(r.choice, r.choice.fastest)},
                                                  {"balanced", json_recommendation(r.choice, r.choice.balanced)}}},
                     {"variants", std::move(variants)}});
}

} // namespace loadsim::report
