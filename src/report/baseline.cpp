#include "baseline.hpp"

#include "histogram_lines.hpp"
#include "json_fields.hpp"
#include "json_format.hpp"

#include <loadsim/base/encoding.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace loadsim::report {
namespace {

namespace json = boost::json;

std::string percentile_key(double percentile) { return fmt::format("p{:g}", percentile); }

json::object spreads_json(const std::map<measure::hop, verdict::rank_spread>& spreads) {
    json::object all;
    for (const auto& [hop, spread] : spreads) {
        json::object fields{{"degrees_of_freedom", spread.degrees_of_freedom}};
        for (std::size_t i = 0; i < spread.inflation.size(); ++i)
            fields[percentile_key(verdict::compared_percentiles[i])] = std::round(spread.inflation[i] * 1e3) / 1e3;
        all[to_string(hop)] = std::move(fields);
    }
    return all;
}

std::map<measure::hop, verdict::rank_spread> spreads_of(const json::object& all) {
    std::map<measure::hop, verdict::rank_spread> spreads;
    for (const auto& [name, value] : all) {
        const auto hop = parse_enum<measure::hop>(name);
        if (!hop) continue;
        const auto fields = as_object(value);
        auto& spread = spreads[*hop];
        spread.degrees_of_freedom = static_cast<std::uint32_t>(count_at(fields, "degrees_of_freedom"));
        for (std::size_t i = 0; i < spread.inflation.size(); ++i)
            spread.inflation[i] = std::max(1.0, number_at(fields, percentile_key(verdict::compared_percentiles[i])));
    }
    return spreads;
}

} // namespace

std::string baseline_json(const stored_run& merged, const verdict::compared_side& side) {
    const auto& run = merged.result;
    json::object outcomes;
    for (std::size_t i = 0; i < outcome_count; ++i) outcomes[outcome_names[i]] = run.sum.requests.outcomes[i];
    json::object anomalies;
    for (std::size_t i = 0; i < anomaly_count; ++i) anomalies[anomaly_names[i]] = run.sum.anomalies[i];
    json::object load;
    for (const auto& [key, text] : merged.load) load[key] = text;
    return json_indented(json::object{
        {"schema", baseline_schema},
        {"version", merged.version},
        {"mode", to_string(run.mode)},
        {"scenario", run.scenario},
        {"seed", run.seed},
        {"verdict", merged.verdict},
        {"started_at", iso_time(run.started, iso_format::seconds)},
        {"duration_ms", json_ms(run.elapsed)},
        {"runs", merged.runs},
        {"load", std::move(load)},
        {"requests",
         {{"due", run.sum.requests.due},
          {"sent", run.sum.requests.sent},
          {"unexpected", run.sum.requests.unexpected},
          {"outcomes", std::move(outcomes)}}},
        {"anomalies", std::move(anomalies)},
        {"spread", spreads_json(side.spreads)},
        {"histograms", histograms_json(run.sum, side.labels)},
    });
}

problems read_baseline(const json::object& document, stored_run& run, measure::labels& labels) {
    run.version = text_at(document, "version");
    run.verdict = text_at(document, "verdict");
    run.runs = static_cast<std::uint32_t>(std::max<std::uint64_t>(1, count_at(document, "runs")));
    for (const auto& [key, text] : object_at(document, "load"))
        if (text.is_string()) run.load.emplace_back(key, text.get_string());
    run.spreads = spreads_of(object_at(document, "spread"));
    for (const auto& one : array_at(document, "histograms"))
        if (const auto error = add_histogram(one, run.result.sum, labels); !error.empty()) return error;
    return {};
}

} // namespace loadsim::report
