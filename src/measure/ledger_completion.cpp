// Ledger: completion events, completion of a request (checks, counts, latencies, record) and recording of anomalies.
#include "ledger_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace loadsim::measure {
namespace {

std::string with_reason(outcome end, std::string_view reason) {
    return reason.empty() ? std::string(to_string(end)) : fmt::format("{} ({})", to_string(end), reason);
}

constexpr std::uint32_t observer_bit(std::uint32_t observer) { return 1U << observer; }

/// How much too early the timer of a platform may fire: Windows' has steps of 15.6 ms, and Node.js counts from the start of an
/// iteration of its event loop.
constexpr std::chrono::milliseconds timer_resolution{20};

/// Limit of records per sequence gap; the rest is only counted.
constexpr std::uint64_t max_records_per_gap = 100;

/// Earliest instant at which the platform's time-out may be announced: the last known instant before the platform started
/// its timer, plus the timeout. `never`: unknown.
monotonic_time expiry_deadline(const open_request& e) {
    if ((e.own.acked == never ? e.spec.pending_timeout : e.spec.running_timeout) == nanoseconds{0}) return never;
    return e.own.acked == never ? e.sent + e.spec.pending_timeout : e.own.acked + e.spec.running_timeout;
}

/// The deadline that a time-out, observed at `observed`, belongs to. Where other outcomes are expected, too, the acknowledgement may
/// not have reached the platform: a time-out before the later deadline is of the first one then.
monotonic_time missed_deadline(const open_request& e, monotonic_time observed) {
    const auto deadline = expiry_deadline(e);
    const bool ack_may_be_lost = e.spec.expected != outcome_set(outcome::timed_out) && e.own.acked != never;
    return ack_may_be_lost && observed < deadline && e.spec.pending_timeout != nanoseconds{0}
               ? e.sent + e.spec.pending_timeout
               : deadline;
}

} // namespace

std::optional<ledger::state::repeated_completion>
ledger::state::compare_completions(outcome first, monotonic_time first_at, std::uint32_t& observer_mask, outcome end,
                                   std::string_view reason, monotonic_time t, std::uint32_t observer) {
    const bool again = (observer_mask & observer_bit(observer)) != 0;
    observer_mask |= observer_bit(observer);
    const auto later = format_latency(t - first_at);
    if (first == end) {
        if (!again) return std::nullopt;
        return repeated_completion{
            anomaly::completion_duplicated,
            fmt::format("{} was announced again {} after the first time", to_string(end), later)};
    }
    if (again)
        return repeated_completion{
            anomaly::completion_contradicted,
            fmt::format("{} was announced {} after {}", with_reason(end, reason), later, to_string(first))};
    ++counts.observers[observer].disagreements;
    return repeated_completion{anomaly::observers_disagree,
                               fmt::format("{} saw {} {} after another observer had seen {}", names.observer(observer),
                                           with_reason(end, reason), later, to_string(first))};
}

void ledger::completion_observed(vehicle_id v, std::string_view request, outcome end, std::string_view reason,
                                 monotonic_time t, std::uint32_t observer, const completion_message& m) {
    auto& s = *state_;
    ++s.counts.observers[observer].completions;
    const bool has_message = !m.head.empty() || !m.payload.empty();
    const auto head = has_message ? s.names.observer(observer) + (m.head.empty() ? "" : " ") + std::string(m.head) : "";
    const message_log::message announcement{.direction = message_direction::to_observer,
                                            .head = head,
                                            .payload = m.payload,
                                            .at = t,
                                            .payload_bytes = m.payload_bytes};
    open_request* e = s.find_open(v);
    if (id_evidence* evidence = e == nullptr ? nullptr : request.empty() ? &e->own : s.find_evidence(*e, request)) {
        if (has_message) evidence->messages.add(announcement);
        if (evidence->completion) {
            if (auto repeated = s.compare_completions(*evidence->completion, evidence->observed,
                                                      evidence->observer_mask, end, reason, t, observer))
                s.record_anomaly(*e, repeated->kind, request, t, std::move(repeated->evidence));
            return;
        }
        ++s.counts.observers[observer].first_completions;
        evidence->completion = end;
        evidence->reason = reason;
        evidence->observed = t;
        evidence->observer_mask = observer_bit(observer);
        if (e->accepted == never) return; // the driver's result is still outstanding
        s.check_completion(*e);
        return s.complete(v, end, reason, t);
    }
    if (completed_request* p = s.find_completed(v, request)) {
        if (has_message) s.add_late_message(p->request, announcement);
        if (p->completion) {
            if (auto repeated =
                    s.compare_completions(*p->completion, p->observed, p->observer_mask, end, reason, t, observer))
                s.record_anomaly(v, {repeated->kind, request, p->expected_anomalies, t}, std::move(repeated->evidence));
            return;
        }
        // First completion of a request that expired, lost its HTTP response, or was recorded as foreign.
        ++s.counts.observers[observer].first_completions;
        p->completion = end;
        p->observed = t;
        p->observer_mask = observer_bit(observer);
        return;
    }
    s.record_anomaly(
        v, {anomaly::completion_unknown, request, {}, t},
        fmt::format("{} was announced for a request that this run did not make", with_reason(end, reason)));
    s.add_completed(
        v, {.request = std::string(request), .completion = end, .observed = t, .observer_mask = observer_bit(observer)},
        t);
}

std::string concurrent_request_text(const open_request& e, monotonic_time t, bool retained) {
    return fmt::format("a {}command of another request came while {} was active, {} after it was due",
                       retained ? "retained " : "", e.own.request, format_latency(t - e.spec.due));
}

std::string unsolicited_text(bool retained) {
    return retained ? "a retained command of a request that this run did not make: the broker delivers it to each new "
                      "subscription; an empty retained message to its topic removes it"
                    : "a command of a request that this run did not make";
}

/// Checks the announced completion against the responses that the vehicle had sent by then.
void ledger::state::check_completion(open_request& e) {
    const auto& own = e.own;
    const bool responded = own.finished != never && own.finished <= own.observed;
    if (*own.completion != outcome::timed_out) {
        if (!responded)
            record_anomaly(e, anomaly::completion_before_response, own.request, own.observed,
                           fmt::format("{} was announced before the final response of the vehicle{}",
                                       to_string(*own.completion),
                                       own.delivered == never ? ", which had not even received the command" : ""));
        return;
    }
    const bool in_time = e.sent != never && own.finished <= expiry_deadline(e);
    if (!responded || !in_time || e.spec.expected.contains(outcome::timed_out)) return;
    record_anomaly(e, anomaly::response_lost, own.request, own.observed,
                   fmt::format("timed_out was announced {} after the final response of the vehicle",
                               format_latency(own.observed - own.finished)));
    if (sequences.has_responses(e.spec.vehicle) && own.responses_observed < own.messages.response_count())
        sequences.forgive_gap(e.spec.vehicle);
}

/// Assigns evidence of a foreign id to a completed request or an anomaly. `active`: a request of ours is at the platform.
void ledger::state::reattribute(open_request& e, id_evidence other, bool active, monotonic_time now) {
    const auto v = e.spec.vehicle;
    if (completed_request* p = completed.without_id(v)) { // its HTTP response was lost, or had no id
        p->request = std::move(other.request);
        if (other.delivered != never) late_delivery(v, *p, other.delivered, other.retained);
        if (!p->completion) {
            p->completion = other.completion;
            p->observed = other.observed;
            p->observer_mask = other.observer_mask;
        }
        return;
    }
    if (other.delivered != never) {
        if (active)
            record_anomaly(e, anomaly::concurrent_request, other.request, other.delivered,
                           concurrent_request_text(e, other.delivered, other.retained));
        else
            record_anomaly(v, {anomaly::command_unsolicited, other.request, {}, other.delivered},
                           unsolicited_text(other.retained));
    } else if (other.completion) {
        record_anomaly(
            v, {anomaly::completion_unknown, other.request, {}, other.observed},
            fmt::format("{} was announced for a request that this run did not make", to_string(*other.completion)));
    }
    add_completed(v,
                  {.request = std::move(other.request),
                   .completion = other.completion,
                   .delivered = other.delivered,
                   .executed = other.executed,
                   .observed = other.observed,
                   .observer_mask = other.observer_mask},
                  now);
}

void ledger::state::reattribute_candidates(open_request& e, bool active, monotonic_time now) {
    for (auto& other : std::exchange(e.candidates, {})) reattribute(e, std::move(other), active, now);
}

void ledger::state::complete(vehicle_id v, outcome end, std::string_view why, monotonic_time observed) {
    const auto at = open_requests.find(index(v));
    open_request& e = at->second;
    reattribute_candidates(e, true, observed);
    const bool unexpected = !e.spec.expected.contains(end);
    count_outcome(e, end, unexpected);
    const bool has_e2e = record_latencies(e, end, observed);
    const request_completion completion{end, unexpected, why, observed};
    if (unexpected || record_mode == recording::all || !e.anomalies.empty())
        emit_record(e, completion);
    else if (const auto e2e = observed - e.spec.due; has_e2e && slowest.admits(e2e))
        slowest.add(e2e, make_request_record(e, completion, names, vin_of(v), load_start));
    // Requests that were never sent or were rejected are unknown to the platform.
    if (e.sent != never && end != outcome::rejected)
        add_completed(v,
                      {.request = std::move(e.own.request),
                       .arrival = e.spec.id,
                       .completion = e.own.completion,
                       .final_outcome = end,
                       .id_known = e.id_known,
                       .expected_anomalies = e.spec.expected_anomalies,
                       .unreachable = e.unreachable,
                       .command_missing = e.accepted != never && e.own.delivered == never && !e.unreachable,
                       .sent = e.sent,
                       .ended = observed,
                       .delivered = e.own.delivered,
                       .executed = e.own.executed,
                       .observed = e.own.observed,
                       .observer_mask = e.own.observer_mask},
                      observed);
    if (e.sent == never) --waiting;
    if (e.executing) executing_without_request.insert(index(v));
    open_requests.erase(at);
    if (shared_open_count != nullptr) shared_open_count->fetch_sub(1, std::memory_order_relaxed);
    if (on_completed) on_completed(v);
}

/// Emits the record at once, or keeps it pending until the final response of the vehicle.
void ledger::state::emit_record(const open_request& e, const request_completion& completion) {
    auto record = make_request_record(e, completion, names, vin_of(e.spec.vehicle), load_start);
    const bool refused = completion.final_outcome == outcome::rejected || completion.final_outcome == outcome::errored;
    if (e.own.finished != never || refused || record.request_id.empty() || !records_wait)
        counts.request_records.push_back(std::move(record));
    else
        pending.add(std::move(record), completion.observed + final_response_timeout);
}

void ledger::state::emit_expired_records(monotonic_time now) {
    auto over = pending.take_expired(now);
    std::ranges::move(over, std::back_inserter(counts.request_records));
}

void ledger::state::emit_slowest() {
    auto all = slowest.take();
    std::ranges::move(all, std::back_inserter(counts.slowest_requests));
}

void ledger::state::count_outcome(const open_request& e, outcome end, bool unexpected) {
    const auto& spec = e.spec;
    const auto which = static_cast<std::size_t>(end);
    ++counts.requests.outcomes[which];
    ++counts.phases[spec.phase].outcomes[which];
    ++counts.matrix[{spec.segment, spec.service, spec.expected, end}];
    const auto count_in = [&](const request_group& group) {
        auto& sum = counts.groups[group];
        ++sum.due;
        if (e.sent != never) ++sum.sent;
        ++sum.outcomes[which];
        if (unexpected) ++sum.unexpected;
    };
    count_in(e.group());
    for (const auto condition : e.conditions) count_in(e.group(condition));
    if (!unexpected) return;
    ++counts.requests.unexpected;
    ++counts.phases[spec.phase].unexpected;
}

void ledger::state::count_late_skip(const open_request& e, bool unexpected) {
    const auto count_in = [unexpected](request_counts& sum) {
        ++sum.skipped_late;
        if (unexpected) ++sum.unexpected_late;
    };
    count_in(counts.requests);
    count_in(counts.phases[e.spec.phase]);
    count_in(counts.groups[e.group()]);
    for (const auto condition : e.conditions) count_in(counts.groups[e.group(condition)]);
}

bool ledger::state::record_latencies(open_request& e, outcome end, monotonic_time observed) {
    const auto& own = e.own;
    const auto record = [&](hop h, nanoseconds duration) {
        record_sample(h, e, duration, observed);
        record_by_condition(counts.latencies, h, e, duration);
    };
    const auto record_counted = [&](hop h, counted_from duration) {
        record_from_due(h, e, duration, observed);
        record_by_condition(counts.latencies, h, e, duration.due);
        record_by_condition(counts.latencies_from_begun, h, e, duration.begun);
    };
    // These have been recorded without conditions: others may have begun since.
    record_by_condition(counts.latencies, hop::lag, e, e.begun - e.spec.due);
    if (e.accepted != never) {
        record_by_condition(counts.latencies, hop::accept, e, e.accepted - e.spec.due);
        record_by_condition(counts.latencies_from_begun, hop::accept, e, e.accepted - e.begun);
    }
    if (own.delivered != never) {
        record_counted(hop::dispatch, {own.delivered - e.spec.due, own.delivered - e.begun});
        if (own.finished != never) record(hop::vehicle, own.finished - own.delivered);
    }
    const bool correct_timeout = end == outcome::timed_out && e.spec.expected.contains(outcome::timed_out);
    if (correct_timeout && e.sent != never && expiry_deadline(e) != never) {
        const auto expiry = observed - missed_deadline(e, observed);
        record(hop::expiry, expiry < -timer_resolution ? expiry : std::max(expiry, nanoseconds{0}));
    }
    if (correct_timeout || e.spec.expected == outcome_set(outcome::timed_out)) return false;
    const bool has_result = end == outcome::executed || end == outcome::failed;
    const bool announced = has_result || end == outcome::timed_out;
    const auto counted_since = [&](monotonic_time from) {
        const auto waited_for = observed - from;
        return announced ? waited_for : std::max(waited_for, completion_timeout_of(e.spec));
    };
    const counted_from e2e{counted_since(e.spec.due), counted_since(e.begun)};
    record_counted(hop::e2e, e2e);
    // A completion before the final response is an anomaly of its own.
    if (!has_result || own.finished == never || own.finished > observed) return true;
    record(hop::notify, observed - own.finished);
    if (own.delivered == never) return true;
    const auto vehicle = own.finished - own.delivered;
    record_counted(hop::platform, {e2e.due - vehicle, e2e.begun - vehicle});
    return true;
}

void ledger::state::record_from_due(hop h, open_request& e, counted_from duration, monotonic_time at) {
    record_sample(h, e, duration.due, at);
    counts.latencies_from_begun.record({h, e.group()}, duration.begun);
}

void ledger::state::record_sample(hop h, open_request& e, nanoseconds duration, monotonic_time at) {
    if (duration.count() < 0)
        record_anomaly(e, anomaly::negative_sample, e.own.request, at,
                       fmt::format("{} took {}", to_string(h), format_latency(duration)));
    counts.latencies.record({h, e.group()}, duration);
}

void ledger::state::record_by_condition(latency_table& table, hop h, const open_request& e, nanoseconds duration) {
    for (const auto condition : e.conditions) table.record({h, e.group(condition)}, duration);
}

/// Adds a completed request; an evicted one with a missing command counts as a lost command.
void ledger::state::add_completed(vehicle_id v, completed_request over, monotonic_time now) {
    if (const auto evicted = completed.add(v, std::move(over), now); evicted && evicted->command_missing)
        record_loss(v, *evicted, now);
}

void ledger::state::record_loss(vehicle_id v, const completed_request& p, monotonic_time at) {
    record_anomaly(
        v, {anomaly::command_lost, p.request, p.expected_anomalies, at},
        fmt::format(
            "the command never came, though the platform had accepted the request and the vehicle was reachable "
            "all the while; it was sent {} before",
            format_latency(at - p.sent)));
}

void ledger::state::record_loss(const sequence_tracker::gap& gap) {
    const auto count = gap.last - gap.first + 1;
    const auto recorded = std::min(count, max_records_per_gap);
    for (std::uint64_t n = 0; n < recorded; ++n)
        record_anomaly(
            gap.vehicle, {anomaly::response_lost, {}, gap.expected_anomalies, gap.at},
            fmt::format("response {} of the vehicle never arrived; response {} did", gap.first + n, gap.last + 1));
    const auto rest = count - recorded;
    (gap.expected_anomalies.contains(anomaly::response_lost)
         ? counts.expected_anomalies
         : counts.anomalies)[static_cast<std::size_t>(anomaly::response_lost)] += rest;
    counts.omitted_records += rest;
}

void ledger::state::record_anomaly(std::optional<vehicle_id> v, const anomaly_report& report, std::string evidence) {
    const bool expected = report.expected_anomalies.contains(report.kind) ||
                          (v && conditions.expected_anomalies(*v).contains(report.kind));
    ++(expected ? counts.expected_anomalies : counts.anomalies)[static_cast<std::size_t>(report.kind)];
    if (auto* record = pending.find(report.request)) record->anomalies.emplace_back(to_string(report.kind));
    if (anomalies_recorded == max_anomaly_records) {
        ++counts.omitted_records;
        return;
    }
    ++anomalies_recorded;
    counts.anomaly_records.push_back({.kind = report.kind,
                                      .expected = expected,
                                      .at_ms = instant_ms(report.at, load_start),
                                      .vin = v ? vin_of(*v) : std::string{},
                                      .request_id = std::string(report.request),
                                      .evidence = std::move(evidence)});
}

void ledger::state::record_anomaly(open_request& e, anomaly kind, std::string_view request, monotonic_time at,
                                   std::string evidence) {
    e.anomalies.add(kind);
    record_anomaly(e.spec.vehicle, {kind, request, e.spec.expected_anomalies, at}, std::move(evidence));
}

} // namespace loadsim::measure
