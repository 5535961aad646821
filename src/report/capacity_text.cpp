// Summary of a capacity search for the terminal.
#include "text_format.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/report/experiment_report.hpp>

#include <fmt/format.h>

#include <string_view>

namespace loadsim::report {
namespace {

using experiment::capacity_result;
using experiment::step_end;
using experiment::step_result;

std::string_view result_text(step_end end) {
    switch (end) {
    case step_end::holds: return "holds";
    case step_end::broken: return "broken";
    case step_end::unclear: return "unclear";
    case step_end::generator_limit: return "generator";
    case step_end::no_data: return "no data";
    case step_end::stopped: break;
    }
    return "stopped";
}

std::string percentile_cell(const step_result& step, const std::string& curve, double percentile) {
    const auto* latency = latency_of(step, curve);
    return latency == nullptr ? "-" : human_percentile(latency->samples, percentile);
}

std::string steps_table(const capacity_result& r) {
    std::vector<row> rows{
        {"load", "result", "repetitions", "p50", "p99", "p99.9", "samples", "unexpected", "lag p99", "what decided"}};
    for (const auto& step : r.steps) {
        const auto* latency = latency_of(step, r.curve);
        rows.push_back(
            {load_text(r.metric, step.load),
             fmt::format("{}{}", result_text(step.end), step.as_observed ? " (as observed)" : ""),
             human_count(step.repetitions), percentile_cell(step, r.curve, 50), percentile_cell(step, r.curve, 99),
             percentile_cell(step, r.curve, 99.9), human_count(latency == nullptr ? 0 : latency->samples.count()),
             human_count(step.requests.unexpected), step.lag_p99 ? human_latency(*step.lag_p99) : "-", step.reason});
    }
    return table(std::move(rows), 2, 9);
}

std::string asked_text(const capacity_result& r) {
    if (!r.at_least) return {};
    const auto code = code_of(r);
    return fmt::format("asked for at least {}: {}", load_text(r.metric, *r.at_least),
                       code == verdict::exit_code::pass     ? "it holds"
                       : code == verdict::exit_code::missed ? "it does not hold"
                                                            : "not known");
}

} // namespace

std::string capacity_summary(const capacity_result& r, const experiment_origin& origin) {
    std::string text = fmt::format("{}  capacity by {}, seed {}, {} elapsed\n\n", origin.scenario, to_string(r.metric),
                                   origin.seed, human_elapsed(origin.elapsed));
    text += fmt::format("result    {}\n", capacity_sentence(r));
    if (const auto asked = asked_text(r); !asked.empty()) text += fmt::format("          {}\n", asked);
    if (r.knee)
        text += fmt::format("knee      {}: there latency over load bends most, p99 of {} is {}\n",
                            load_text(r.metric, r.knee->load), r.curve, human_latency(r.knee->p99));
    else
        text += "knee      -\n";
    for (const auto& one : r.unjudged) text += fmt::format("unjudged  {}: {}\n", one.expression, one.reason);
    if (!r.steps.empty())
        text += fmt::format("\nsteps{}\n{}", r.curve.empty() ? "" : fmt::format(", latency of {}", r.curve),
                            steps_table(r));
    return text;
}

} // namespace loadsim::report
