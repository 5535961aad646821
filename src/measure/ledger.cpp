#include <loadsim/measure/ledger.hpp>

#include "ledger_state.hpp"

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

namespace loadsim::measure {

ledger::ledger(labels names, std::function<std::string(vehicle_id)> vin_of, nanoseconds completion_timeout,
               recording record_mode)
    : state_(std::make_unique<state>(state{.names = std::move(names),
                                           .vin_of = std::move(vin_of),
                                           .completion_timeout = completion_timeout,
                                           .record_mode = record_mode})) {
    state_->counts.phases.resize(state_->names.phases.size());
}

ledger::~ledger() = default;

void ledger::set_start(monotonic_time load_start) noexcept {
    auto& s = *state_;
    const auto shift = milliseconds(load_start - s.load_start);
    for (auto& record : s.counts.anomaly_records) record.at_ms -= shift;
    for (auto& record : s.counts.session_records) record.at_ms -= shift;
    s.load_start = load_start;
    s.started = true;
}
void ledger::set_on_completed(std::function<void(vehicle_id)> handler) { state_->on_completed = std::move(handler); }
bool ledger::is_open(vehicle_id v) const { return state_->open_requests.contains(index(v)); }
std::size_t ledger::open_count() const noexcept { return state_->open_requests.size(); }
void ledger::share_open_count(std::atomic<std::uint64_t>& count) noexcept { state_->shared_open_count = &count; }
std::uint64_t ledger::shared_open_count() const noexcept {
    // Relaxed: a limit of the number only, which orders no other memory.
    return state_->shared_open_count == nullptr ? open_count()
                                                : state_->shared_open_count->load(std::memory_order_relaxed);
}
std::size_t ledger::waiting_count() const noexcept { return state_->waiting; }
std::size_t ledger::busy_count() const noexcept {
    return state_->open_requests.size() + state_->executing_without_request.size();
}
std::uint64_t ledger::count_open_since(monotonic_time due_until,
                                       const std::function<bool(const due_request&)>& selected) const {
    const auto counts = [&](const auto& open) {
        const auto& r = open.second.spec;
        return r.due <= due_until && r.expected != outcome_set(outcome::timed_out) && selected(r);
    };
    return static_cast<std::uint64_t>(std::ranges::count_if(state_->open_requests, counts));
}
std::size_t ledger::missing_count() const noexcept { return state_->completed.missing_count(); }
bool ledger::is_open(request_key key) const { return state_->find_open(key) != nullptr; }

open_request* ledger::state::find_open(vehicle_id v) {
    const auto at = open_requests.find(index(v));
    return at == open_requests.end() ? nullptr : &at->second;
}

open_request* ledger::state::find_open(request_key key) {
    open_request* e = find_open(key.vehicle);
    return e != nullptr && e->spec.id == key.arrival ? e : nullptr;
}

void ledger::skip(const due_request& spec, std::string_view why, bool wanted, bool is_late) {
    auto& s = *state_;
    ++s.counts.requests.due;
    ++s.counts.phases[spec.phase].due;
    open_request meant{.spec = spec};
    if (wanted) meant.spec.expected = outcome::skipped; // as the scenario requires: on the diagonal of the matrix
    for (const auto& t : s.conditions.of(spec.vehicle)) meant.add_condition(t.condition);
    s.count_outcome(meant, outcome::skipped, !wanted);
    if (is_late) s.count_late_skip(meant, !wanted);
    ++s.counts.errors[std::string(why)];
    if (!wanted || s.record_mode == recording::all)
        s.counts.request_records.push_back(make_request_record(meant, {outcome::skipped, !wanted, why}, s.names,
                                                               s.vin_of(spec.vehicle), s.load_start));
}

void ledger::begin(const due_request& spec, monotonic_time now) {
    assert(!is_open(spec.vehicle));
    auto& s = *state_;
    ++s.counts.requests.due;
    ++s.counts.phases[spec.phase].due;
    open_request& e =
        s.open_requests.emplace(index(spec.vehicle), open_request{.spec = spec, .begun = now}).first->second;
    ++s.waiting;
    if (s.shared_open_count != nullptr) s.shared_open_count->fetch_add(1, std::memory_order_relaxed);
    s.record_sample(hop::lag, e, now - spec.due, now);
    e.unreachable = s.unreachable.contains(index(spec.vehicle));
    e.executing = s.executing_without_request.erase(index(spec.vehicle)) != 0;
    for (const auto& t : s.conditions.of(spec.vehicle)) e.apply(t);
}

void ledger::sent(request_key key, monotonic_time t) {
    auto& s = *state_;
    open_request* e = s.find_open(key);
    if (e == nullptr) return;
    ++s.counts.requests.sent;
    ++s.counts.phases[e->spec.phase].sent;
    if (e->sent == never) --s.waiting;
    e->sent = t;
    e->api_messages.set_time_of_first(t);
}

void ledger::api_request(request_key key, std::string_view head, std::string_view body, std::string_view traceparent) {
    open_request* e = state_->find_open(key);
    if (e == nullptr) return;
    e->api_messages.add({.direction = message_direction::to_api, .head = head, .payload = body});
    e->traceparent = traceparent;
}

void ledger::api_response(request_key key, std::string_view status, std::string_view body, monotonic_time t) {
    if (open_request* e = state_->find_open(key))
        e->api_messages.add({.direction = message_direction::from_api, .head = status, .payload = body, .at = t});
}

void ledger::requested(request_key key, std::string_view request, const command_content& content) {
    open_request* e = state_->find_open(key);
    if (e == nullptr) return;
    e->id_known = !request.empty();
    e->own.request = request;
    if (content.service) e->requested_service = *content.service;
    e->requested_parameters.assign(content.parameters.begin(), content.parameters.end());
}

std::string ledger::accepted(request_key key, std::string_view request, monotonic_time t) {
    auto& s = *state_;
    open_request* e = s.find_open(key);
    if (e == nullptr) return std::string(request);
    e->accepted = t;
    s.record_from_due(hop::accept, *e, {t - e->spec.due, t - e->begun}, t);
    if (request.empty()) {
        // No id: the first new id that appears belongs to this request, as a vehicle has one request at a time.
    } else if (e->own.request.empty()) {
        e->own.request = request;
    } else if (e->own.request != request) {
        // The id assumed to be ours belongs to another request.
        const auto ours = std::ranges::find(e->candidates, request, &id_evidence::request);
        if (ours != e->candidates.end()) {
            std::swap(e->own, *ours);
        } else {
            e->candidates.push_back(std::exchange(e->own, {}));
            e->own.request = request;
        }
    }
    e->id_known = e->id_known || !request.empty();
    s.reattribute_candidates(*e, true, t);
    s.record_difference(*e);
    auto id = e->own.request;
    if (!e->own.completion) return id;
    s.check_completion(*e);
    s.complete(key.vehicle, *e->own.completion, e->own.reason, e->own.observed);
    return id;
}

void ledger::rejected(request_key key, std::string_view why, monotonic_time t) {
    auto& s = *state_;
    open_request* e = s.find_open(key);
    if (e == nullptr) return;
    // The platform has no request of ours: all evidence belongs to other requests.
    if (!e->own.request.empty()) s.reattribute(*e, std::exchange(e->own, {}), false, t);
    s.reattribute_candidates(*e, false, t);
    s.complete(key.vehicle, outcome::rejected, why, t);
}

void ledger::errored(request_key key, std::string_view why, monotonic_time t) {
    auto& s = *state_;
    if (s.find_open(key) == nullptr) return;
    ++s.counts.errors[std::string(why)];
    s.complete(key.vehicle, outcome::errored, why, t);
}

void ledger::execution_began(vehicle_id v) {
    if (open_request* e = state_->find_open(v))
        e->executing = true;
    else
        state_->executing_without_request.insert(index(v));
}

void ledger::execution_ended(vehicle_id v) {
    if (open_request* e = state_->find_open(v))
        e->executing = false;
    else
        state_->executing_without_request.erase(index(v));
}

void ledger::vehicle_unreachable(vehicle_id v) {
    state_->unreachable.insert(index(v));
    if (open_request* e = state_->find_open(v)) e->unreachable = true;
}

void ledger::vehicle_reachable(vehicle_id v) {
    if (state_->unreachable.erase(index(v)) != 0) state_->resumed.insert(index(v));
}

void ledger::condition_began(vehicle_id v, std::uint32_t condition, outcome_set expected,
                             anomaly_set expected_anomalies) {
    const active_condition one{condition, expected, expected_anomalies};
    state_->conditions.add(v, one);
    if (open_request* e = state_->find_open(v)) e->apply(one);
}

void ledger::condition_ended(vehicle_id v, std::uint32_t condition) {
    const auto meant = state_->conditions.remove(v, condition);
    if (!meant.empty()) state_->sequences.condition_ended(v, meant);
}

void ledger::session_event(vehicle_id v, std::string what, monotonic_time t) {
    auto& s = *state_;
    if (s.session_events_recorded == max_session_records) {
        ++s.counts.omitted_records;
        return;
    }
    ++s.session_events_recorded;
    s.counts.session_records.push_back({instant_ms(t, s.load_start), s.vin_of(v), std::move(what)});
}

void ledger::record_anomaly(anomaly what, std::optional<vehicle_id> v, std::string_view request, std::string evidence,
                            monotonic_time t) {
    open_request* e = v ? state_->find_open(*v) : nullptr;
    if (e != nullptr && (request.empty() || request == e->own.request))
        return state_->record_anomaly(*e, what, request, t, std::move(evidence));
    const completed_request* p = v ? state_->completed.find(*v, request) : nullptr;
    state_->record_anomaly(v, {what, request, p == nullptr ? anomaly_set{} : p->expected_anomalies, t},
                           std::move(evidence));
}

template <class IsOverdue>
void ledger::expire(monotonic_time now, IsOverdue is_overdue) {
    auto& s = *state_;
    s.emit_expired_records(now);
    std::vector<request_key> overdue;
    for (const auto& [v, e] : s.open_requests)
        if (is_overdue(e.spec)) overdue.push_back({e.spec.id, vehicle_id{v}});
    std::ranges::sort(overdue, {}, &request_key::arrival);
    for (const auto key : overdue) {
        open_request& e = *s.find_open(key);
        if (e.sent == never) {
            errored(key, "never sent: no connection was free in time", now);
            continue;
        }
        if (e.accepted != never)
            s.record_anomaly(e, anomaly::completion_missing, e.own.request, now,
                             fmt::format("{} after the platform had accepted it its completion has not been announced",
                                         format_latency(now - e.accepted)));
        s.complete(key.vehicle, outcome::unanswered,
                   e.own.completion ? "its completion was announced, but the API never responded"
                                    : "no completion was announced",
                   now);
    }
}

void ledger::expire_requests(monotonic_time now) {
    auto& s = *state_;
    // A resumed session repeats what it has not acknowledged (MQTT 5.0, 4.4).
    s.completed.drop_closed(
        now, [&s](vehicle_id v) { return s.unreachable.contains(index(v)) || s.resumed.contains(index(v)); });
    expire(now, [&](const due_request& r) { return r.due + s.completion_timeout_of(r) <= now; });
}

void ledger::expire_all(monotonic_time now) {
    expire(now, [](const due_request&) { return true; });
}

void ledger::flush_records() {
    state_->records_wait = false;
    state_->emit_expired_records(never);
    state_->emit_slowest();
}

void ledger::finish(monotonic_time now) {
    auto& s = *state_;
    if (!s.started) set_start(now); // the load never began
    for (const auto& [v, p] : s.completed.take_missing_commands()) s.record_loss(v, p, now);
    for (const auto& gap : s.sequences.take_gaps()) s.record_loss(gap);
    s.executing_without_request.clear(); // the fleet drops what it executes
    s.emit_expired_records(never);
    s.emit_slowest();
}

totals ledger::take_counts() {
    auto& s = *state_;
    totals out = std::exchange(s.counts, {});
    s.counts.phases.resize(s.names.phases.size());
    if (!s.started) { // their instants are not known yet
        s.counts.anomaly_records.swap(out.anomaly_records);
        s.counts.session_records.swap(out.session_records);
    }
    return out;
}

} // namespace loadsim::measure
