// How a request ends: judged, counted, measured, told, and what is remembered of it.
#include "ledger_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace loadsim::measure {
namespace {

/// Of a gap that is longer the rest is only counted.
constexpr std::uint64_t words_told_of_a_gap = 100;

/// The last instant before the platform's clock started that we know of, and its deadline from there: a platform that keeps it
/// is never early by this.
/// `never`: unknown.
monotonic_time limit_of(const entry& e) {
    if ((e.own.acked == never ? e.plan.pending_limit : e.plan.running_limit) == nanoseconds{0}) return never;
    return e.own.acked == never ? e.sent + e.plan.pending_limit : e.own.acked + e.plan.running_limit;
}

} // namespace

std::string second_active_text(const entry& e, monotonic_time t) {
    return fmt::format("a command of another request came while {} was active, {} after it was due", e.own.request,
                       length_text(t - e.plan.due));
}

/// Whether what was announced fits what its vehicle had said by then.
void ledger::state::judge_end(entry& e) {
    const auto& own = e.own;
    const bool spoke = own.finished != never && own.finished <= own.observed;
    if (*own.end != outcome::timed_out) {
        if (!spoke)
            note(e, anomaly::end_before_word, own.request, own.observed,
                 fmt::format("{} was announced before the vehicle had said its last word{}", to_string(*own.end),
                             own.delivered == never ? ", or had its command" : ""));
        return;
    }
    const bool in_time = e.sent != never && own.finished <= limit_of(e);
    if (!spoke || !in_time || e.plan.expected.contains(outcome::timed_out)) return;
    note(e, anomaly::word_lost, own.request, own.observed,
         fmt::format("timed_out was announced {} after the vehicle had said its last word",
                     length_text(own.observed - own.finished)));
    if (words.any_of(e.plan.vehicle) && own.heard < own.messages.words()) words.excuse(e.plan.vehicle);
}

/// An id that was taken for ours, or could have been, is another's. `active`: the platform has one of ours.
void ledger::state::disown(entry& e, trace other, bool active, monotonic_time now) {
    const auto v = e.plan.vehicle;
    if (past_request* p = past.nameless(v)) { // its answer was lost
        p->request = std::move(other.request);
        p->delivered = other.delivered;
        p->end = other.end;
        p->observed = other.observed;
        p->seen_by = other.seen_by;
        return;
    }
    if (other.delivered != never) {
        if (active)
            note(e, anomaly::second_active, other.request, other.delivered, second_active_text(e, other.delivered));
        else
            note(v, {anomaly::command_unknown, other.request, {}, other.delivered},
                 "a command of a request that nobody of ours made");
    } else if (other.end) {
        note(v, {anomaly::end_unknown, other.request, {}, other.observed},
             fmt::format("{} was announced for a request that nobody of ours made", to_string(*other.end)));
    }
    remember(v,
             {.request = std::move(other.request),
              .end = other.end,
              .delivered = other.delivered,
              .executed = other.executed,
              .observed = other.observed,
              .seen_by = other.seen_by},
             now);
}

void ledger::state::disown_others(entry& e, bool active, monotonic_time now) {
    for (auto& other : std::exchange(e.others, {})) disown(e, std::move(other), active, now);
}

void ledger::state::close(vehicle_id v, outcome end, std::string_view why, monotonic_time observed) {
    const auto at = open.find(index(v));
    entry& e = at->second;
    disown_others(e, true, observed);
    const bool unexpected = !e.plan.expected.contains(end);
    count(e.plan, end, unexpected);
    measure(e, end, observed);
    if (unexpected || what_to_tell == recording::all || !e.had.empty()) tell(e, {end, unexpected, why, observed});
    // What never went out, or was refused, the platform does not know.
    if (e.sent != never && end != outcome::rejected)
        remember(v,
                 {.request = std::move(e.own.request),
                  .arrival = e.plan.id,
                  .end = e.own.end,
                  .provokes = e.plan.provokes,
                  .away = e.away,
                  .missing = e.accepted != never && e.own.delivered == never && !e.away,
                  .sent = e.sent,
                  .delivered = e.own.delivered,
                  .executed = e.own.executed,
                  .observed = e.own.observed,
                  .seen_by = e.own.seen_by},
                 observed);
    open.erase(at);
}

/// At once, or when the vehicle has said its last word too.
void ledger::state::tell(const entry& e, const closing& how) {
    auto record = record_of(e, how, names, vin_of(e.plan.vehicle), load_start);
    const bool refused = how.end == outcome::rejected || how.end == outcome::errored;
    if (e.own.finished != never || refused || record.request.empty())
        seen.requests_told.push_back(std::move(record));
    else
        unfinished.hold(std::move(record), how.observed + last_word_within);
}

void ledger::state::tell_unfinished(monotonic_time now) {
    auto over = unfinished.take(now);
    std::ranges::move(over, std::back_inserter(seen.requests_told));
}

void ledger::state::count(const due_request& plan, outcome end, bool unexpected) {
    const auto which = static_cast<std::size_t>(end);
    ++seen.requests.outcomes[which];
    ++seen.phases[plan.phase].outcomes[which];
    ++seen.matrix[{plan.segment, plan.service, plan.expected, end}];
    if (!unexpected) return;
    ++seen.requests.unexpected;
    ++seen.phases[plan.phase].unexpected;
}

void ledger::state::measure(entry& e, outcome end, monotonic_time observed) {
    const auto& own = e.own;
    if (e.sent == never) sample(hop::lag, e, observed - e.plan.due, observed);
    if (own.delivered != never) {
        sample(hop::dispatch, e, own.delivered - e.plan.due, observed);
        if (own.finished != never) sample(hop::vehicle, e, own.finished - own.delivered, observed);
    }
    if (e.plan.expected == outcome_set(outcome::timed_out)) {
        if (end == outcome::timed_out && e.sent != never && limit_of(e) != never)
            sample(hop::expiry, e, observed - limit_of(e), observed);
        return;
    }
    const bool refused = end == outcome::rejected || end == outcome::errored;
    const auto waited_for = observed - e.plan.due;
    const auto e2e = refused ? std::max(waited_for, patience) : waited_for;
    sample(hop::e2e, e, e2e, observed);
    if (own.finished == never || (end != outcome::executed && end != outcome::failed)) return;
    sample(hop::notify, e, observed - own.finished, observed);
    if (own.delivered != never) sample(hop::platform, e, e2e - (own.finished - own.delivered), observed);
}

void ledger::state::sample(hop h, entry& e, nanoseconds length, monotonic_time at) {
    if (length.count() < 0)
        note(e, anomaly::negative_sample, e.own.request, at,
             fmt::format("{} took {}", to_string(h), length_text(length)));
    seen.latencies.record(h, e.plan.service, e.plan.phase, length);
}

/// Remembers it, and decides of the one that has to make room.
void ledger::state::remember(vehicle_id v, past_request over, monotonic_time now) {
    if (const auto out = past.add(v, std::move(over)); out && out->missing) lose(v, *out, now);
}

void ledger::state::lose(vehicle_id v, const past_request& p, monotonic_time at) {
    note(v, {anomaly::command_lost, p.request, p.provokes, at},
         fmt::format("the command never came, though the platform had accepted the request and the vehicle could hear "
                     "all the while; it was sent {} before",
                     length_text(at - p.sent)));
}

void ledger::state::lose(const heard_words::gap& gap) {
    const auto count = gap.last - gap.first + 1;
    const auto one_by_one = std::min(count, words_told_of_a_gap);
    for (std::uint64_t n = 0; n < one_by_one; ++n)
        note(gap.vehicle, {anomaly::word_lost, {}, gap.provokes, gap.at},
             fmt::format("word {} of the vehicle never came; word {} did", gap.first + n, gap.last + 1));
    const auto rest = count - one_by_one;
    (gap.provokes.contains(anomaly::word_lost) ? seen.provoked
                                               : seen.anomalies)[static_cast<std::size_t>(anomaly::word_lost)] += rest;
    seen.not_recorded += rest;
}

void ledger::state::note(std::optional<vehicle_id> v, const oddity& one, std::string evidence) {
    const bool provoked = one.provokes.contains(one.what) || (v && touching.provoked(*v).contains(one.what));
    ++(provoked ? seen.provoked : seen.anomalies)[static_cast<std::size_t>(one.what)];
    if (auto* record = unfinished.find(one.request)) record->anomalies.emplace_back(to_string(one.what));
    if (anomalies_told == anomalies_told_at_most) {
        ++seen.not_recorded;
        return;
    }
    ++anomalies_told;
    seen.anomalies_told.push_back({.what = one.what,
                                   .provoked = provoked,
                                   .at_ms = instant_ms(one.at, load_start),
                                   .vin = v ? vin_of(*v) : std::string{},
                                   .request = std::string(one.request),
                                   .evidence = std::move(evidence)});
}

void ledger::state::note(entry& e, anomaly what, std::string_view request, monotonic_time at, std::string evidence) {
    e.had.add(what);
    note(e.plan.vehicle, {what, request, e.plan.provokes, at}, std::move(evidence));
}

} // namespace loadsim::measure
