// Ledger: vehicle events and their assignment to requests.
#include "ledger_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace loadsim::measure {
namespace {

/// Limit of other ids that are tracked until the platform's response.
constexpr std::size_t max_candidates = 8;
/// Time for further responses after the final one: reordered acknowledgements, a second result.
constexpr nanoseconds after_final_response = std::chrono::seconds{1};

std::string duplicate_text(nanoseconds later, bool retained) {
    return fmt::format("the command came again{} {} after the first", retained ? ", as a retained message," : "",
                       format_latency(later));
}

} // namespace

id_evidence* ledger::state::find_evidence(open_request& e, std::string_view request) {
    if (e.own.request == request) return &e.own;
    if (e.id_known || completed.find(e.spec.vehicle, request) != nullptr) return nullptr;
    if (e.own.request.empty()) {
        e.own.request = request;
        return &e.own;
    }
    if (e.accepted != never) return nullptr; // without an id: the first one was ours
    const auto known = std::ranges::find(e.candidates, request, &id_evidence::request);
    if (known != e.candidates.end()) return &*known;
    if (e.candidates.size() == max_candidates) return nullptr;
    return &e.candidates.emplace_back(id_evidence{.request = std::string(request)});
}

/// The completed request with this id, or the earliest one without id, which is then given this id. No id: the latest one.
completed_request* ledger::state::find_completed(vehicle_id v, std::string_view request) {
    if (request.empty()) return completed.latest(v);
    if (completed_request* known = completed.find(v, request)) return known;
    completed_request* without_id = completed.without_id(v);
    if (without_id != nullptr) without_id->request = request;
    return without_id;
}

void ledger::state::count_queued(monotonic_time since, monotonic_time delivered, bool out_of_order) {
    ++counts.queued.delivered;
    if (out_of_order) ++counts.queued.out_of_order;
    counts.queued.wait.record(delivered - since);
}

void ledger::state::record_difference(open_request& e) {
    if (!e.own.difference) return;
    const auto difference = *std::exchange(e.own.difference, std::nullopt);
    record_anomaly(e, difference.kind, e.own.request, e.own.delivered, difference.evidence);
}

delivery ledger::delivered(vehicle_id v, std::string_view request, monotonic_time t, const command_content& content,
                           bool retained) {
    auto& s = *state_;
    open_request* e = s.find_open(v);
    const bool without_id = e != nullptr && e->accepted != never && e->own.request.empty();
    if (id_evidence* evidence = e == nullptr ? nullptr : s.find_evidence(*e, request)) {
        const bool ours = evidence == &e->own;
        const delivery result{.is_first = evidence->delivered == never,
                              .arrival = ours ? std::optional(e->spec.id) : std::nullopt,
                              .identifies = ours && without_id};
        if (result.is_first) {
            evidence->delivered = t;
            evidence->retained = retained;
            const std::string_view service =
                e->requested_service ? *e->requested_service : s.names.platform_service(e->spec.service);
            evidence->difference = find_difference({.service = service, .parameters = e->requested_parameters}, content,
                                                   s.names.parameters);
            if (ours && (e->id_known || e->accepted != never)) s.record_difference(*e);
            if (ours && e->unreachable) s.count_queued(e->sent == never ? e->spec.due : e->sent, t, false);
        } else {
            s.record_anomaly(*e, anomaly::command_duplicated, request, t,
                             duplicate_text(t - evidence->delivered, retained));
        }
        return result;
    }
    if (completed_request* p = s.find_completed(v, request)) return s.late_delivery(v, *p, t, retained);
    if (e != nullptr)
        s.record_anomaly(*e, anomaly::concurrent_request, request, t, concurrent_request_text(*e, t, retained));
    else
        s.record_anomaly(v, {anomaly::command_unsolicited, request, {}, t}, unsolicited_text(retained));
    s.add_completed(v, {.request = std::string(request), .delivered = t}, t);
    return {}; // a vehicle executes any command, but only once
}

/// Delivery of the command of a completed or foreign request.
delivery ledger::state::late_delivery(vehicle_id v, completed_request& p, monotonic_time t, bool retained) {
    const auto report_of = [&](anomaly what) { return anomaly_report{what, p.request, p.expected_anomalies, t}; };
    if (p.delivered != never) {
        record_anomaly(v, report_of(anomaly::command_duplicated), duplicate_text(t - p.delivered, retained));
        return {false, p.arrival};
    }
    completed.set_delivered(p, t);
    if (auto* late = pending.find(p.request)) late->delivered_at_ms = instant_ms(t, load_start);
    if (!p.arrival) return {}; // foreign: recorded when the id first appeared
    const open_request* next = find_open(v);
    // If the id of the open request is only assumed, the order of two such ids is unknown.
    const bool comparable = next != nullptr && (p.id_known || next->id_known || next->accepted != never);
    const bool overtaken = completed.later_command_delivered(v, p) || (comparable && next->own.delivered <= t);
    if (overtaken)
        record_anomaly(
            v, report_of(anomaly::command_out_of_order),
            fmt::format("the command came {} after it was asked for, and after the command of a later request",
                        format_latency(t - p.sent)));
    else if (p.completion || p.id_known) // with an assumed id only what the platform has announced is certain
        record_anomaly(v, report_of(anomaly::command_late),
                       fmt::format("the command came {} after the request had ended as {}",
                                   format_latency(t - (p.completion ? p.observed : p.ended)),
                                   to_string(p.completion.value_or(p.final_outcome))));
    if (p.unreachable) count_queued(p.sent, t, overtaken);
    return {true, p.arrival};
}

void ledger::acked(vehicle_id v, std::string_view request, monotonic_time t) {
    open_request* e = state_->find_open(v);
    id_evidence* evidence = e == nullptr ? nullptr : state_->find_evidence(*e, request);
    if (evidence != nullptr && evidence->acked == never) evidence->acked = t;
    if (auto* late = evidence == nullptr ? state_->pending.find(request) : nullptr;
        late && std::isnan(late->acked_at_ms))
        late->acked_at_ms = instant_ms(t, state_->load_start);
}

void ledger::finished(vehicle_id v, std::string_view request, monotonic_time t) {
    open_request* e = state_->find_open(v);
    id_evidence* evidence = e == nullptr ? nullptr : state_->find_evidence(*e, request);
    if (evidence != nullptr && evidence->finished == never) evidence->finished = t;
    auto* late = evidence == nullptr ? state_->pending.find(request) : nullptr;
    if (late == nullptr || !std::isnan(late->finished_at_ms)) return;
    late->finished_at_ms = instant_ms(t, state_->load_start);
    state_->pending.expire_by(request, t + after_final_response);
}

void ledger::expect(vehicle_id v, std::string_view request, outcome_set expected) {
    open_request* e = state_->find_open(v);
    if (e == nullptr || state_->find_evidence(*e, request) != &e->own) return;
    expected.add(e->expected_of_conditions);
    e->spec.expected = expected;
}

void ledger::executed(vehicle_id v, std::string_view request, monotonic_time t) {
    auto& s = *state_;
    const auto again = [&](monotonic_time first) {
        return fmt::format("the vehicle executed the command again, {} after the first time",
                           format_latency(t - first));
    };
    open_request* e = s.find_open(v);
    if (id_evidence* evidence = e == nullptr ? nullptr : s.find_evidence(*e, request)) {
        if (evidence->executed != never)
            s.record_anomaly(*e, anomaly::executed_twice, request, t, again(evidence->executed));
        else
            evidence->executed = t;
    } else if (completed_request* p = s.completed.find(v, request)) {
        if (p->executed != never)
            s.record_anomaly(v, {anomaly::executed_twice, request, p->expected_anomalies, t}, again(p->executed));
        else
            p->executed = t;
    }
}

void ledger::message(vehicle_id v, std::string_view request, bool to_vehicle, std::string_view topic,
                     std::string_view payload, monotonic_time t) {
    const message_log::message one{.direction =
                                       to_vehicle ? message_direction::to_vehicle : message_direction::from_vehicle,
                                   .head = topic,
                                   .payload = payload,
                                   .at = t};
    open_request* e = state_->find_open(v);
    if (id_evidence* evidence = e == nullptr ? nullptr : state_->find_evidence(*e, request))
        evidence->messages.add(one);
    else
        state_->add_late_message(request, one);
}

/// Adds a message to the record of a completed request, if that has not been written yet.
void ledger::state::add_late_message(std::string_view request, const message_log::message& m) {
    auto* late = pending.find(request);
    if (late == nullptr || late->messages.size() >= message_log::max_messages) return;
    message_log one;
    one.add(m);
    late->messages.push_back(one.to_records(load_start).front());
}

void ledger::response_observed(vehicle_id v, std::uint64_t sequence, std::string_view request, monotonic_time t) {
    auto& s = *state_;
    open_request* e = s.find_open(v);
    const bool of_open = e != nullptr && e->own.request == request;
    if (of_open) ++e->own.responses_observed;
    const completed_request* named = of_open ? nullptr : s.completed.find(v, request);
    const completed_request* latest = s.completed.latest(v);
    auto expected = s.conditions.expected_anomalies(v);
    if (of_open) expected.add(e->spec.expected_anomalies);
    if (named != nullptr) expected.add(named->expected_anomalies);
    auto expected_in_gap = expected; // a gap may belong to the previous request, or to one without other responses
    if (e != nullptr) expected_in_gap.add(e->spec.expected_anomalies);
    if (latest != nullptr) expected_in_gap.add(latest->expected_anomalies);
    const auto check = s.sequences.record(v, sequence, expected_in_gap, t);
    if (check.verdict == sequence_tracker::sequence_verdict::next) {
        s.resumed.erase(index(v));
        return;
    }
    expected.add(check.expected_anomalies);
    const bool again = check.verdict == sequence_tracker::sequence_verdict::duplicate;
    // A resumed session resends unacknowledged messages (MQTT 5.0, 4.4): duplicates caused by the vehicle itself.
    if (again && s.resumed.contains(index(v))) return;
    const state::anomaly_report one{again ? anomaly::response_duplicated : anomaly::response_out_of_order, request,
                                    expected, t};
    auto evidence =
        again ? fmt::format("response {} of the vehicle arrived again; the last new one was {}", sequence,
                            check.previous_highest)
              : fmt::format("response {} of the vehicle arrived after response {}", sequence, check.previous_highest);
    if (of_open) e->anomalies.add(one.kind);
    s.record_anomaly(v, one, std::move(evidence));
}

} // namespace loadsim::measure
