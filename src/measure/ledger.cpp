#include <loadsim/measure/ledger.hpp>

#include "ledger_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

namespace loadsim::measure {

ledger::ledger(legend names, std::function<std::string(vehicle_id)> vin_of, nanoseconds patience, recording told)
    : state_(std::make_unique<state>(
          state{.names = std::move(names), .vin_of = std::move(vin_of), .patience = patience, .what_to_tell = told})) {
    state_->seen.phases.resize(state_->names.phases.size());
}

ledger::~ledger() = default;

void ledger::set_start(monotonic_time load_start) noexcept { state_->load_start = load_start; }
bool ledger::open(vehicle_id v) const { return state_->open.contains(index(v)); }
std::size_t ledger::open_count() const noexcept { return state_->open.size(); }
std::size_t ledger::missing_count() const noexcept { return state_->past.missing_count(); }
bool ledger::open(request_key key) const { return state_->of(key) != nullptr; }

entry* ledger::state::of(vehicle_id v) {
    const auto at = open.find(index(v));
    return at == open.end() ? nullptr : &at->second;
}

entry* ledger::state::of(request_key key) {
    entry* e = of(key.vehicle);
    return e != nullptr && e->plan.id == key.arrival ? e : nullptr;
}

void ledger::skip(const due_request& plan, std::string_view why, bool wanted) {
    auto& s = *state_;
    ++s.seen.requests.due;
    ++s.seen.phases[plan.phase].due;
    entry meant{.plan = plan};
    if (wanted) meant.plan.expected = outcome::skipped; // as the scenario says: on the matrix's diagonal
    s.count(meant.plan, outcome::skipped, !wanted);
    ++s.seen.errors[std::string(why)];
    if (!wanted || s.what_to_tell == recording::all)
        s.seen.requests_told.push_back(
            record_of(meant, {outcome::skipped, !wanted, why}, s.names, s.vin_of(plan.vehicle), s.load_start));
}

void ledger::begin(const due_request& plan) {
    assert(!open(plan.vehicle));
    auto& s = *state_;
    ++s.seen.requests.due;
    ++s.seen.phases[plan.phase].due;
    entry& e = s.open.emplace(index(plan.vehicle), entry{.plan = plan}).first->second;
    e.away = s.away.contains(index(plan.vehicle));
    for (const auto& t : s.touching.of(plan.vehicle)) e.touched(t);
}

void ledger::sent(request_key key, monotonic_time t) {
    auto& s = *state_;
    entry* e = s.of(key);
    if (e == nullptr) return;
    ++s.seen.requests.sent;
    ++s.seen.phases[e->plan.phase].sent;
    e->sent = t;
    s.sample(hop::lag, *e, t - e->plan.due, t);
}

void ledger::accepted(request_key key, std::string_view request, monotonic_time t) {
    auto& s = *state_;
    entry* e = s.of(key);
    if (e == nullptr) return;
    e->accepted = t;
    s.sample(hop::accept, *e, t - e->plan.due, t);
    if (request.empty()) {
        // Not told: the first new one that shows is taken for it.
    } else if (e->own.request.empty()) {
        e->own.request = request;
    } else if (e->own.request != request) {
        // What was taken for ours was another request's.
        const auto ours = std::ranges::find(e->others, request, &trace::request);
        if (ours != e->others.end()) {
            std::swap(e->own, *ours);
        } else {
            e->others.push_back(std::exchange(e->own, {}));
            e->own.request = request;
        }
    }
    s.disown_others(*e, true, t);
    if (!e->own.end) return;
    s.judge_end(*e);
    s.close(key.vehicle, *e->own.end, e->own.reason, e->own.observed);
}

void ledger::rejected(request_key key, std::string_view why, monotonic_time t) {
    auto& s = *state_;
    entry* e = s.of(key);
    if (e == nullptr) return;
    // There is no request of ours at the platform: whatever came is another's.
    if (!e->own.request.empty()) s.disown(*e, std::exchange(e->own, {}), false, t);
    s.disown_others(*e, false, t);
    s.close(key.vehicle, outcome::rejected, why, t);
}

void ledger::errored(request_key key, std::string_view why, monotonic_time t) {
    auto& s = *state_;
    if (s.of(key) == nullptr) return;
    ++s.seen.errors[std::string(why)];
    s.close(key.vehicle, outcome::errored, why, t);
}

void ledger::away(vehicle_id v) {
    state_->away.insert(index(v));
    if (entry* e = state_->of(v)) e->away = true;
}

void ledger::back(vehicle_id v) {
    if (state_->away.erase(index(v)) != 0) state_->resumed.insert(index(v));
}

void ledger::touched(vehicle_id v, std::uint32_t condition, outcome_set expected, anomaly_set provokes) {
    const touch one{condition, expected, provokes};
    state_->touching.begin(v, one);
    if (entry* e = state_->of(v)) e->touched(one);
}

void ledger::passed(vehicle_id v, std::uint32_t condition) {
    const auto meant = state_->touching.end(v, condition);
    if (!meant.empty()) state_->words.passed(v, meant);
}

void ledger::session(vehicle_id v, std::string what, monotonic_time t) {
    auto& s = *state_;
    if (s.sessions_told == sessions_told_at_most) {
        ++s.seen.not_recorded;
        return;
    }
    ++s.sessions_told;
    s.seen.sessions_told.push_back({instant_ms(t, s.load_start), s.vin_of(v), std::move(what)});
}

void ledger::note(anomaly what, std::optional<vehicle_id> v, std::string_view request, std::string evidence,
                  monotonic_time t) {
    entry* e = v ? state_->of(*v) : nullptr;
    if (e != nullptr && (request.empty() || request == e->own.request))
        return state_->note(*e, what, request, t, std::move(evidence));
    const past_request* p = v ? state_->past.find(*v, request) : nullptr;
    state_->note(v, {what, request, p == nullptr ? anomaly_set{} : p->provokes, t}, std::move(evidence));
}

void ledger::give_up(monotonic_time before, monotonic_time now) {
    auto& s = *state_;
    s.tell_unfinished(now);
    std::vector<request_key> overdue;
    for (const auto& [v, e] : s.open)
        if (e.plan.due <= before) overdue.push_back({e.plan.id, vehicle_id{v}});
    std::ranges::sort(overdue, {}, &request_key::arrival);
    for (const auto key : overdue) {
        entry& e = *s.of(key);
        if (e.sent == never) {
            errored(key, "never sent: no connection was free in time", now);
            continue;
        }
        if (e.accepted != never)
            s.note(e, anomaly::no_end, e.own.request, now,
                   fmt::format("{} after the platform had accepted it nobody has announced its end",
                               length_text(now - e.accepted)));
        s.close(key.vehicle, outcome::unanswered,
                e.own.end ? "its end was announced, but the API never answered" : "no end was announced", now);
    }
}

void ledger::finish(monotonic_time now) {
    auto& s = *state_;
    for (const auto& [v, p] : s.past.take_missing()) s.lose(v, p, now);
    for (const auto& gap : s.words.take_missing()) s.lose(gap);
    s.tell_unfinished(never);
}

totals ledger::take() {
    auto& s = *state_;
    totals out = std::exchange(s.seen, {});
    s.seen.phases.resize(s.names.phases.size());
    return out;
}

} // namespace loadsim::measure
