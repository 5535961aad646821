#include "budget_part.hpp"

#include "telemetry_metrics.hpp"

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace loadsim::verdict {
namespace {

int rank_of(budget_verdict v) {
    switch (v) {
    case budget_verdict::no_data: return 0;
    case budget_verdict::pass: return 1;
    case budget_verdict::undecided: return 2;
    case budget_verdict::fail: break;
    }
    return 3;
}

/// How far the value is on the wrong side of the limit, or how near to it on the right side: the larger, the worse.
double excess_of(const budget& b, const budget_result& r) {
    const auto value = r.observed.value_or(std::numeric_limits<double>::infinity());
    switch (b.op) {
    case comparison::less:
    case comparison::less_equal: return value;
    case comparison::greater:
    case comparison::greater_equal: return -value;
    case comparison::equal: break;
    }
    return std::abs(value - b.limit);
}

} // namespace

bool has_part(const budget& b) {
    return b.over.count() != 0 || (!is_of_requests(b) && !(b.during.empty() && b.except.empty()));
}

measure::totals part_of(const budget& b, const measure::totals& all) {
    measure::totals part;
    part.requests = all.requests;
    if (is_of_requests(b)) {
        part.phases = all.phases;
        part.groups = all.groups;
        // Lag, too: with loop delay it says whether the generator could have caused a high latency.
        for (const auto& [key, samples] : all.latencies.cells())
            if (to_string(key.section) == b.metric || key.section == measure::hop::lag)
                part.latencies.merge(key, samples);
        for (const auto& [key, samples] : all.latencies_from_begun.cells())
            if (to_string(key.section) == b.metric) part.latencies_from_begun.merge(key, samples);
    }
    part.loop_delay = all.loop_delay;
    if (b.metric.starts_with("sessions.")) part.sessions = all.sessions;
    if (b.metric.starts_with("queued.")) part.queued = all.queued;
    if (b.metric.starts_with("campaigns.")) part.campaigns = all.campaigns;
    if (b.metric.starts_with("observers.")) part.observers = all.observers;
    if (b.metric.starts_with("exec.")) part.programs = all.programs;
    if (b.metric.starts_with("anomalies")) part.anomalies = all.anomalies;
    if (is_of_backlogs(b))
        part.backlogs = all.backlogs;
    else if (is_of_telemetry(b))
        part.telemetry = all.telemetry;
    if (is_of_taps(b)) part.taps = all.taps;
    return part;
}

budget_result evaluate_part(const budget& b, const measure::totals& part, const measure::labels& names, bool strict) {
    auto of_sum = b;
    of_sum.over = {};
    if (!is_of_requests(b)) of_sum.during = of_sum.except = {}; // the part has nothing of other phases
    measure::run_result run;
    run.sum = part;
    run.ended = measure::run_result::end_reason::aborted;
    return evaluate_budget(of_sum, run, names, strict);
}

bool is_worse(const budget& b, const budget_result& one, const budget_result& other) {
    const std::pair left{rank_of(one.verdict), excess_of(b, one)};
    return left > std::pair{rank_of(other.verdict), excess_of(b, other)};
}

budget_result evaluate_part_of_run(const budget& b, const measure::run_result& run, const measure::labels& names,
                                   bool strict) {
    const auto part = std::ranges::find(run.budget_parts, b.expression, &measure::budget_part::budget);
    if (part == run.budget_parts.end()) {
        auto none = evaluate_part(b, {}, names, strict);
        none.observed.reset();
        none.observed_text = b.over.count() != 0 ? "no data: no full window" : "no data";
        none.verdict = budget_verdict::no_data;
        return none;
    }
    auto result = evaluate_part(b, part->sum, names, strict);
    if (part->windows != 0) {
        const auto window =
            fmt::format(" from {} to {} of the load, the worst of {} window{}", format_duration(part->from),
                        format_duration(part->until), part->windows, part->windows == 1 ? "" : "s");
        result.observed_text += window;
        result.sentence += fmt::format(" (observed{})", window);
    }
    return result;
}

} // namespace loadsim::verdict
