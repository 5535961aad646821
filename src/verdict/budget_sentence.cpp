#include "budget_sentence.hpp"

#include "value_text.hpp"

#include <fmt/format.h>

#include <cmath>

namespace loadsim::verdict {
namespace {

/// "observed 163ms in 500 samples, 95 % interval 150ms to 170ms".
std::string observation_text(const budget& b, const budget_result& r, std::string_view samples_of) {
    auto text = "observed " + (r.observed ? value_text(b, *r.observed) : r.observed_text);
    if (r.verdict == budget_verdict::undecided && r.observed_from_begun)
        text += fmt::format(" from due and {} from begun", value_text(b, *r.observed_from_begun));
    if (!samples_of.empty())
        text += fmt::format(" in {} {}", r.samples, samples_of.substr(0, samples_of.size() - (r.samples == 1 ? 1 : 0)));
    if (!r.carried) text += fmt::format(", too few to carry {}", b.stat);
    if (const auto interval = interval_text(r); !interval.empty()) text += ", " + interval;
    return text;
}

std::string undecided_text(const budget& b, const budget_result& r, std::string_view samples_of,
                           const generator_lateness& own) {
    auto text = fmt::format("{} undecided: {}", r.expression, observation_text(b, r, samples_of));
    if (b.metric == "lag" || b.metric == "telemetry.lag") {
        text += ". This is the load generator's own lateness";
    } else if (own.late_skips != 0) {
        text += fmt::format(". Without {} of them, skipped because the load generator was late, it would hold",
                            own.late_skips);
    } else {
        if (own.lag_p99) text += fmt::format("; lag p99 of these {} {}", own.lag_of, short_duration(*own.lag_p99));
        if (own.loop_delay_p99) text += fmt::format("; loop delay p99 {}", short_duration(*own.loop_delay_p99));
        text += ". The load generator's own lateness could have decided it";
    }
    return text + fmt::format(": use a less busy machine, more shards (--shards) or fewer {} a second", own.lag_of);
}

} // namespace

std::string sentence_of(const budget& b, const budget_result& r, std::string_view samples_of,
                        const generator_lateness& own) {
    if (r.verdict == budget_verdict::undecided) return undecided_text(b, r, samples_of, own);
    const auto seen = observation_text(b, r, samples_of);
    if (r.verdict == budget_verdict::no_data && b.metric == "tap.lost" && r.samples != 0)
        return fmt::format(
            "{} has no data: messages of which the tap does not know whether they are lost decide it; see "
            "tap.not_reconciled",
            r.expression);
    if (r.verdict == budget_verdict::no_data)
        return r.observed ? fmt::format("{} is not judged under --strict: {}", r.expression, seen)
                          : fmt::format("{} has no data: the run has no sample of it", r.expression);
    const auto distance = r.observed ? std::abs(*r.observed - b.limit) : 0;
    const auto by = distance == 0 ? std::string{} : " by " + distance_text(b, distance);
    if (r.verdict == budget_verdict::pass)
        return fmt::format("{} holds{} ({}){}", r.expression, by, seen,
                           r.close ? "; close, as the limit is within the interval" : "");
    if (r.observed && is_within(b, *r.observed))
        return fmt::format(
            "{} holds{}, but closely, which --strict does not accept ({}): the limit is within the interval",
            r.expression, by, seen);
    return fmt::format("{} missed{} ({}){}", r.expression, by, seen,
                       r.close ? "; close, as the limit is within the interval" : "");
}

} // namespace loadsim::verdict
