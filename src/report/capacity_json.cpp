// Text of capacity.json.
#include "json_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/report/experiment_report.hpp>

#include <boost/json.hpp>

#include <string_view>
#include <utility>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using experiment::capacity_result;
using experiment::load_metric;
using experiment::step_result;

std::string_view unit_of_load(load_metric metric) {
    switch (metric) {
    case load_metric::rate: return "requests/s";
    case load_metric::vehicles: return "vehicles";
    case load_metric::connect_rate: break;
    }
    return "connects/s";
}

json::value json_ms_or_null(const std::optional<nanoseconds>& time) {
    return time ? json::value(json_ms(*time)) : json::value(nullptr);
}

json::value text_or_null(std::string_view text) { return text.empty() ? json::value(nullptr) : json::value(text); }

json::object json_step(const step_result& step) {
    json::object latency;
    for (const auto& one : step.latencies) latency[one.name] = json_latency(one.samples);
    return {{"number", step.number},
            {"load", step.load},
            {"achieved_load", step.achieved},
            {"repetitions", step.repetitions},
            {"measured_ms", json_ms(step.measured)},
            {"result", to_string(step.end)},
            {"as_observed", step.as_observed},
            {"why", step.why},
            {"reason", step.reason},
            {"requests", json_requests(step.requests)},
            {"connects", step.connects},
            {"connects_refused", step.connects_refused},
            {"lag_p99_ms", json_ms_or_null(step.lag_p99)},
            {"loop_delay_p99_ms", json_ms_or_null(step.loop_delay_p99)},
            {"latency", std::move(latency)},
            {"budgets", json_budgets(step.budgets)}};
}

json::value json_knee(const std::optional<experiment::knee>& knee) {
    if (!knee) return nullptr;
    return json::object{{"load", knee->load}, {"p99_ms", json_ms(knee->p99)}};
}

} // namespace

std::string capacity_json(const capacity_result& r, const experiment_origin& origin) {
    json::array steps, unjudged;
    for (const auto& step : r.steps) steps.push_back(json_step(step));
    for (const auto& one : r.unjudged)
        unjudged.push_back(json::object{{"expression", one.expression}, {"reason", one.reason}});
    return json_indented(
        json::object{{"schema", "loadsim.capacity/1"},
                     {"version", origin.version},
                     {"scenario", origin.scenario},
                     {"target", origin.target},
                     {"seed", origin.seed},
                     {"started_at", iso_time(origin.started, iso_format::milliseconds)},
                     {"duration_ms", json_ms(origin.elapsed)},
                     {"exit_code", static_cast<int>(origin.code)},
                     {"metric", to_string(r.metric)},
                     {"unit", unit_of_load(r.metric)},
                     {"sentence", capacity_sentence(r)},
                     {"end", to_string(r.end)},
                     {"end_reason", r.sentence},
                     {"capacity", json_or_null(r.highest_holding)},
                     {"lowest_broken_load", json_or_null(r.lowest_broken)},
                     {"is_floor", r.is_floor},
                     {"at_least", json_or_null(r.at_least)},
                     {"precision", r.precision},
                     {"first_broken_budget", text_or_null(r.first_broken ? r.first_broken->expression : std::string{})},
                     {"curve", text_or_null(r.curve)},
                     {"knee", json_knee(r.knee)},
                     {"measured_ms", json_ms(r.measured)},
                     {"unjudged_budgets", std::move(unjudged)},
                     {"steps", std::move(steps)}});
}

} // namespace loadsim::report
