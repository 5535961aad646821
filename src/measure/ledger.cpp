#include <loadsim/measure/ledger.hpp>

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>
#include <vector>

namespace loadsim::measure {
namespace {

std::string name_at(const std::vector<std::string>& names, std::uint32_t at) {
    return at < names.size() ? names[at] : std::string{};
}

} // namespace

ledger::ledger(legend names, std::function<std::string(vehicle_id)> vin_of, nanoseconds patience)
    : names_(std::move(names)), vin_of_(std::move(vin_of)), patience_(patience) {
    seen_.phases.resize(names_.phases.size());
}

bool ledger::open(vehicle_id v) const { return open_.contains(index(v)); }

bool ledger::open(request_key key) const {
    const auto at = open_.find(index(key.vehicle));
    return at != open_.end() && at->second.plan.id == key.arrival;
}

void ledger::skip(const due_request& plan, std::string_view why, bool wanted) {
    ++seen_.requests.due;
    ++seen_.phases[plan.phase].due;
    due_request meant = plan;
    if (wanted) meant.expected = outcome::skipped; // as the scenario says: on the matrix's diagonal
    count(meant, outcome::skipped, !wanted);
    ++seen_.errors[std::string(why)];
    if (wanted) return;
    seen_.failures.push_back(describe(entry{.plan = plan}, outcome::skipped, why, never));
}

void ledger::begin(const due_request& plan) {
    assert(!open(plan.vehicle));
    ++seen_.requests.due;
    ++seen_.phases[plan.phase].due;
    open_.emplace(index(plan.vehicle), entry{.plan = plan});
}

ledger::entry* ledger::of(request_key key) { return open(key) ? &open_.at(index(key.vehicle)) : nullptr; }

void ledger::sent(request_key key, monotonic_time t) {
    entry* e = of(key);
    if (e == nullptr) return;
    ++seen_.requests.sent;
    ++seen_.phases[e->plan.phase].sent;
    e->sent = t;
    sample(hop::lag, *e, t - e->plan.due);
}

void ledger::accepted(request_key key, std::string_view request, monotonic_time t) {
    entry* known = of(key);
    if (known == nullptr) return;
    entry& e = *known;
    if (!e.request.empty() && e.request != request) {
        // What came before the answer was another request's: none of ours.
        note(e.end ? anomaly::end_unknown : anomaly::command_unknown);
        e.delivered = e.acked = e.finished = never;
        e.end.reset();
    }
    e.request = request;
    e.accepted = t;
    sample(hop::accept, e, t - e.plan.due);
    if (e.end) close(key.vehicle, *e.end, e.reason, e.observed);
}

void ledger::rejected(request_key key, std::string_view why, monotonic_time t) {
    if (open(key)) close(key.vehicle, outcome::rejected, std::string(why), t);
}

void ledger::errored(request_key key, std::string_view why, monotonic_time t) {
    if (!open(key)) return;
    ++seen_.errors[std::string(why)];
    close(key.vehicle, outcome::errored, std::string(why), t);
}

/// The vehicle's open request, if `request` names it. While the platform's answer is on its way we do not know the id
/// yet: the first new one that the vehicle or an event shows is taken for it, and accepted() checks.
ledger::entry* ledger::find(vehicle_id v, std::string_view request) {
    const auto at = open_.find(index(v));
    if (at == open_.end()) return nullptr;
    entry& e = at->second;
    if (e.request.empty() && closed_before(v, request) == nullptr) e.request = request;
    return e.request == request ? &e : nullptr;
}

/// The vehicle's last closed request, if `request` names it, or if it may: the platform never told us its id.
const ledger::closed* ledger::closed_before(vehicle_id v, std::string_view request) const {
    const auto at = closed_.find(index(v));
    if (at == closed_.end()) return nullptr;
    const bool may_be = at->second.request.empty() && !open(v);
    return may_be || at->second.request == request ? &at->second : nullptr;
}

bool ledger::delivered(vehicle_id v, std::string_view request, monotonic_time t) {
    entry* e = find(v, request);
    if (e != nullptr && e->delivered == never) {
        e->delivered = t;
        return true;
    }
    const auto before = closed_.find(index(v));
    if (e == nullptr && before != closed_.end() && before->second.request.empty() && !open(v)) {
        // Of a request whose answer was lost: late, but the first of it, and so we learn its id.
        before->second.request = request;
        return true;
    }
    const bool known = e != nullptr || closed_before(v, request) != nullptr;
    note(known ? anomaly::command_repeated : anomaly::command_unknown);
    return !known; // a car does as it is told, whoever asks, but not twice
}

void ledger::acked(vehicle_id v, std::string_view request, monotonic_time t) {
    if (entry* e = find(v, request); e != nullptr && e->acked == never) e->acked = t;
}

void ledger::finished(vehicle_id v, std::string_view request, monotonic_time t) {
    if (entry* e = find(v, request); e != nullptr && e->finished == never) e->finished = t;
}

void ledger::ended(vehicle_id v, std::string_view request, outcome end, std::string_view reason, monotonic_time t) {
    entry* e = find(v, request);
    if (e == nullptr || e->end) {
        const closed* before = e == nullptr ? closed_before(v, request) : nullptr;
        if (e == nullptr && before == nullptr) return note(anomaly::end_unknown);
        const outcome first = e != nullptr ? *e->end : before->end;
        // A request that we gave up, or whose answer was lost, may still end: no contradiction of the platform's.
        const bool announced = first == outcome::executed || first == outcome::failed || first == outcome::timed_out;
        if (announced) note(first == end ? anomaly::end_repeated : anomaly::end_contradicted);
        return;
    }
    if (end != outcome::timed_out && e->finished == never) note(anomaly::end_before_word);
    e->end = end;
    e->reason = reason;
    e->observed = t;
    if (e->accepted != never)
        close(v, end, std::string(reason), t); // else the answer to the request is still to come, and is waited for
}

void ledger::note(anomaly a) { ++seen_.anomalies[static_cast<std::size_t>(a)]; }

void ledger::give_up(monotonic_time before, monotonic_time now) {
    std::vector<request_key> overdue;
    for (const auto& [v, e] : open_)
        if (e.plan.due <= before) overdue.push_back({e.plan.id, vehicle_id{v}});
    for (const auto key : overdue) {
        const entry& e = *of(key);
        if (e.sent == never)
            errored(key, "never sent: no connection was free in time", now);
        else
            close(key.vehicle, outcome::unanswered,
                  e.end ? "its end was announced, but the API never answered" : "no end was announced", now);
    }
}

void ledger::close(vehicle_id v, outcome end, std::string why, monotonic_time observed) {
    const auto at = open_.find(index(v));
    const entry e = std::move(at->second);
    open_.erase(at);
    const bool unexpected = end != e.plan.expected;
    count(e.plan, end, unexpected);
    measure(e, end, observed);
    if (unexpected) seen_.failures.push_back(describe(e, end, why, observed));
    closed_[index(v)] = {e.request, end};
}

void ledger::count(const due_request& plan, outcome end, bool unexpected) {
    const auto which = static_cast<std::size_t>(end);
    ++seen_.requests.outcomes[which];
    ++seen_.phases[plan.phase].outcomes[which];
    ++seen_.matrix[{plan.segment, plan.expected, end}];
    if (!unexpected) return;
    ++seen_.requests.unexpected;
    ++seen_.phases[plan.phase].unexpected;
}

void ledger::measure(const entry& e, outcome end, monotonic_time observed) {
    if (e.sent == never) sample(hop::lag, e, observed - e.plan.due);
    if (e.delivered != never) {
        sample(hop::dispatch, e, e.delivered - e.plan.due);
        if (e.finished != never) sample(hop::vehicle, e, e.finished - e.delivered);
    }
    if (e.plan.expected == outcome::timed_out) {
        if (end != outcome::timed_out || e.sent == never) return;
        // From the last word that we know went out before the platform's clock started: a platform that keeps its deadline
        // is never early by it.
        const auto limit = e.acked == never ? e.sent + e.plan.pending_limit : e.acked + e.plan.running_limit;
        return sample(hop::expiry, e, observed - limit);
    }
    const bool refused = end == outcome::rejected || end == outcome::errored;
    const auto waited = observed - e.plan.due;
    const auto e2e = refused ? std::max(waited, patience_) : waited;
    sample(hop::e2e, e, e2e);
    if (e.finished == never || (end != outcome::executed && end != outcome::failed)) return;
    sample(hop::notify, e, observed - e.finished);
    if (e.delivered != never) sample(hop::platform, e, e2e - (e.finished - e.delivered));
}

void ledger::sample(hop h, const entry& e, nanoseconds length) {
    if (length.count() < 0) note(anomaly::negative_sample);
    seen_.latencies.record(h, e.plan.service, e.plan.phase, length);
}

failure ledger::describe(const entry& e, outcome end, std::string_view why, monotonic_time observed) const {
    const auto since_start = [this](monotonic_time t) {
        return t == never ? std::numeric_limits<double>::quiet_NaN()
                          : static_cast<double>((t - load_start_).count()) / 1e6;
    };
    failure f;
    f.arrival = number(e.plan.id);
    f.request = e.request;
    f.vin = vin_of_(e.plan.vehicle);
    f.segment = name_at(names_.segments, e.plan.segment);
    f.behaviour = name_at(names_.behaviours, e.plan.segment);
    f.service = name_at(names_.services, e.plan.service);
    f.phase = name_at(names_.phases, e.plan.phase);
    f.expected = e.plan.expected;
    f.observed = end;
    f.why = why;
    f.due_ms = since_start(e.plan.due);
    f.sent_ms = since_start(e.sent);
    f.accepted_ms = since_start(e.accepted);
    f.delivered_ms = since_start(e.delivered);
    f.acked_ms = since_start(e.acked);
    f.finished_ms = since_start(e.finished);
    f.observed_ms = since_start(observed);
    return f;
}

totals ledger::take() {
    totals out = std::exchange(seen_, {});
    seen_.phases.resize(names_.phases.size());
    return out;
}

} // namespace loadsim::measure
