#include "baseline.hpp"

#include "cost_report.hpp"
#include "count_check.hpp"
#include "histogram_lines.hpp"
#include "json_fields.hpp"
#include "json_format.hpp"
#include "telemetry_json.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/measure/hdr_log.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace loadsim::report {
namespace {

namespace json = boost::json;

/// Of verdict::compare_runs(): what it compares, and the load generator's own lag.
bool is_compared(measure::hop hop) { return hop != measure::hop::vehicle; }

/// hop -> service -> phase -> histogram, of all segments. Phases of one name become one.
json::object latencies_json(const measure::latency_table& table, const measure::labels& names) {
    std::map<measure::hop, std::map<std::string, std::map<std::string, measure::histogram>>> sums;
    for (const auto& [key, samples] : table.cells())
        if (is_compared(key.section) && key.group.condition == measure::any_condition)
            sums[key.section][name_at(names.services, key.group.service)][name_at(names.phases, key.group.phase)].merge(
                samples);
    json::object hops;
    for (const auto& [hop, by_service] : sums) {
        json::object services;
        for (const auto& [service, by_phase] : by_service) {
            json::object phases;
            for (const auto& [phase, samples] : by_phase) phases[phase] = measure::encode_v2(samples);
            services[service] = std::move(phases);
        }
        hops[to_string(hop)] = std::move(services);
    }
    return hops;
}

result<measure::histogram> histogram_at(const json::object& fields, std::string_view name, const std::string& path) {
    auto samples = measure::decode_v2(text_at(fields, name));
    if (!samples) return problems{"", fmt::format("{}: {}", path, samples.error().list.front().text)};
    if (samples->count() > count_max)
        return problems{"", fmt::format("{} has {} samples, more than a run can have", path, samples->count())};
    return samples;
}

problems read_latencies(const json::object& hops, measure::latency_table& table, measure::labels& names) {
    for (const auto& [hop_name, by_service] : hops) {
        const auto hop = parse_enum<measure::hop>(hop_name);
        if (!hop) continue; // of a later version
        const auto services = as_object(by_service);
        for (const auto& [service, by_phase] : services) {
            const auto phases = as_object(by_phase);
            for (const auto& [phase, text] : phases) {
                const auto samples = histogram_at(phases, phase, fmt::format("latencies.{}", to_string(*hop)));
                if (!samples) return samples.error();
                table.merge(
                    {*hop,
                     {.service = index_of_name(names.services, service), .phase = index_of_name(names.phases, phase)}},
                    *samples);
            }
        }
    }
    return {};
}

/// Rows without their objects, which are latencies and counts by text.
json::array counts_of(json::array rows) {
    for (auto& row : rows) {
        json::object kept;
        for (auto& [name, value] : row.as_object())
            if (!value.is_object()) kept[name] = std::move(value);
        row = std::move(kept);
    }
    return rows;
}

std::string percentile_key(double percentile) { return fmt::format("p{:g}", percentile); }

json::object spreads_json(const std::map<measure::hop, verdict::rank_spread>& spreads) {
    json::object all;
    for (const auto& [hop, spread] : spreads) {
        if (!is_compared(hop)) continue;
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
        constexpr std::uint64_t degrees_max = 100'000'000; // the sum of two is no overflow
        spread.degrees_of_freedom =
            static_cast<std::uint32_t>(std::min(degrees_max, count_at(fields, "degrees_of_freedom")));
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
    for (std::size_t i = 0; i < anomaly_count; ++i)
        if (run.sum.anomalies[i] != 0) anomalies[anomaly_names[i]] = run.sum.anomalies[i];
    json::object load;
    for (const auto& [key, text] : merged.load) load[key] = text;
    json::object document{
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
        {"latencies", latencies_json(run.sum.latencies, side.labels)},
        {"loop_delay", measure::encode_v2(run.sum.loop_delay)},
    };
    if (!run.sum.telemetry.empty()) document["telemetry"] = counts_of(telemetry_rows(run.sum, side.labels));
    if (!run.sum.taps.empty()) document["taps"] = counts_of(tap_rows(run.sum, side.labels));
    if (run.cost) document["cost"] = cost_json(run.cost);
    return json_indented(document);
}

problems read_baseline(const json::object& document, stored_run& run, measure::labels& labels) {
    run.version = text_at(document, "version");
    run.verdict = text_at(document, "verdict");
    constexpr std::uint64_t runs_max = 1'000'000; // of a side; there are 19 batches of each at most
    const auto runs = count_at(document, "runs");
    if (runs == 0 || runs > runs_max) return {"", fmt::format("has no number of runs, 1 to {}, in `runs`", runs_max)};
    run.runs = static_cast<std::uint32_t>(runs);
    for (const auto& [key, text] : object_at(document, "load"))
        if (text.is_string()) run.load.emplace_back(key, text.get_string());
    run.spreads = spreads_of(object_at(document, "spread"));
    if (!value_at(document, "latencies").is_object() || !value_at(document, "loop_delay").is_string())
        return {"", "has no latencies: it is of another version of loadsim; print it again with `loadsim baseline`"};
    auto loop_delay = histogram_at(document, "loop_delay", "loop_delay");
    if (!loop_delay) return loop_delay.error();
    run.result.sum.loop_delay = std::move(*loop_delay);
    return read_latencies(object_at(document, "latencies"), run.result.sum.latencies, labels);
}

} // namespace loadsim::report
