// What a vehicle gets, does and says, and which request that is of.
#include "ledger_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace loadsim::measure {
namespace {

/// Of other ids that show while the platform's answer is waited for.
constexpr std::size_t others_at_most = 8;
/// What else a vehicle says of a request: acknowledgements out of order, a second result.
constexpr nanoseconds after_the_last_word = std::chrono::seconds{1};

} // namespace

trace* ledger::state::find(entry& e, std::string_view request) {
    if (e.own.request == request) return &e.own;
    if (e.accepted != never || past.find(e.plan.vehicle, request) != nullptr) return nullptr;
    if (e.own.request.empty()) {
        e.own.request = request;
        return &e.own;
    }
    const auto known = std::ranges::find(e.others, request, &trace::request);
    if (known != e.others.end()) return &*known;
    if (e.others.size() == others_at_most) return nullptr;
    return &e.others.emplace_back(trace{.request = std::string(request)});
}

/// The request that is over and has this id; or may have it, for the platform never told us: then we learn it.
past_request* ledger::state::before(vehicle_id v, std::string_view request) {
    if (past_request* known = past.find(v, request)) return known;
    past_request* may_be = past.nameless(v);
    if (may_be != nullptr) may_be->request = request;
    return may_be;
}

void ledger::state::waited(monotonic_time since, monotonic_time delivered, bool out_of_order) {
    ++seen.queued.delivered;
    if (out_of_order) ++seen.queued.out_of_order;
    seen.queued.waited.record(delivered - since);
}

delivery ledger::delivered(vehicle_id v, std::string_view request, monotonic_time t) {
    auto& s = *state_;
    entry* e = s.of(v);
    if (trace* shown = e == nullptr ? nullptr : s.find(*e, request)) {
        const bool ours = shown == &e->own;
        const delivery told{.fresh = shown->delivered == never,
                            .arrival = ours ? std::optional(e->plan.id) : std::nullopt};
        if (told.fresh) {
            shown->delivered = t;
            if (ours && e->away) s.waited(e->sent == never ? e->plan.due : e->sent, t, false);
        } else {
            s.note(*e, anomaly::command_repeated, request, t,
                   fmt::format("the command came again {} after the first", length_text(t - shown->delivered)));
        }
        return told;
    }
    if (past_request* p = s.before(v, request)) return s.come_late(v, *p, t);
    if (e != nullptr)
        s.note(*e, anomaly::second_active, request, t, second_active_text(*e, t));
    else
        s.note(v, {anomaly::command_unknown, request, {}, t}, "a command of a request that nobody of ours made");
    s.remember(v, {.request = std::string(request), .delivered = t}, t);
    return {}; // a car does as it is told, whoever asks, but not twice
}

/// The command of a request that is over, or is not ours.
delivery ledger::state::come_late(vehicle_id v, past_request& p, monotonic_time t) {
    const auto oddity_of = [&](anomaly what) { return oddity{what, p.request, p.provokes, t}; };
    if (p.delivered != never) {
        note(v, oddity_of(anomaly::command_repeated),
             fmt::format("the command came again {} after the first", length_text(t - p.delivered)));
        return {false, p.arrival};
    }
    p.delivered = t;
    if (auto* late = unfinished.find(p.request)) late->delivered_ms = instant_ms(t, load_start);
    p.missing = false;
    if (!p.arrival) return {}; // not ours: that was told when it first showed
    const entry* next = of(v);
    const bool overtaken = past.later_delivered(v, p) || (next != nullptr && next->own.delivered != never);
    if (overtaken)
        note(v, oddity_of(anomaly::command_out_of_order),
             fmt::format("the command came {} after it was asked for, and after the command of a later request",
                         length_text(t - p.sent)));
    else if (p.end)
        note(v, oddity_of(anomaly::command_late),
             fmt::format("the command came {} after the request had ended as {}", length_text(t - p.observed),
                         to_string(*p.end)));
    if (p.away) waited(p.sent, t, overtaken);
    return {true, p.arrival};
}

void ledger::acked(vehicle_id v, std::string_view request, monotonic_time t) {
    entry* e = state_->of(v);
    trace* shown = e == nullptr ? nullptr : state_->find(*e, request);
    if (shown != nullptr && shown->acked == never) shown->acked = t;
    if (auto* late = shown == nullptr ? state_->unfinished.find(request) : nullptr; late && std::isnan(late->acked_ms))
        late->acked_ms = instant_ms(t, state_->load_start);
}

void ledger::finished(vehicle_id v, std::string_view request, monotonic_time t) {
    entry* e = state_->of(v);
    trace* shown = e == nullptr ? nullptr : state_->find(*e, request);
    if (shown != nullptr && shown->finished == never) shown->finished = t;
    auto* late = shown == nullptr ? state_->unfinished.find(request) : nullptr;
    if (late == nullptr || !std::isnan(late->finished_ms)) return;
    late->finished_ms = instant_ms(t, state_->load_start);
    state_->unfinished.hurry(request, t + after_the_last_word);
}

void ledger::executed(vehicle_id v, std::string_view request, monotonic_time t) {
    auto& s = *state_;
    const auto again = [&](monotonic_time first) {
        return fmt::format("it did again what it was asked for once, {} after the first time", length_text(t - first));
    };
    entry* e = s.of(v);
    if (trace* shown = e == nullptr ? nullptr : s.find(*e, request)) {
        if (shown->executed != never)
            s.note(*e, anomaly::executed_twice, request, t, again(shown->executed));
        else
            shown->executed = t;
    } else if (past_request* p = s.past.find(v, request)) {
        if (p->executed != never)
            s.note(v, {anomaly::executed_twice, request, p->provokes, t}, again(p->executed));
        else
            p->executed = t;
    }
}

void ledger::message(vehicle_id v, std::string_view request, bool to_vehicle, std::string_view topic,
                     std::string_view payload, monotonic_time t) {
    entry* e = state_->of(v);
    if (trace* shown = e == nullptr ? nullptr : state_->find(*e, request))
        shown->messages.keep(to_vehicle, topic, payload, t);
    else if (auto* late = state_->unfinished.find(request); late && late->messages.size() < kept_messages::at_most) {
        kept_messages one;
        one.keep(to_vehicle, topic, payload, t);
        late->messages.push_back(one.told(state_->load_start).front());
    }
}

void ledger::heard(vehicle_id v, std::uint64_t sequence, std::string_view request, monotonic_time t) {
    auto& s = *state_;
    entry* e = s.of(v);
    const bool of_open = e != nullptr && e->own.request == request;
    if (of_open) ++e->own.heard;
    const past_request* named = of_open ? nullptr : s.past.find(v, request);
    const past_request* latest = s.past.latest(v);
    auto meant = s.touching.provoked(v);
    if (of_open) meant.add(e->plan.provokes);
    if (named != nullptr) meant.add(named->provokes);
    auto before = meant; // a gap may be of the request before, or of one that has said nothing else
    if (e != nullptr) before.add(e->plan.provokes);
    if (latest != nullptr) before.add(latest->provokes);
    const auto now = s.words.heard(v, sequence, before, t);
    if (now.where == heard_words::place::next) {
        s.resumed.erase(index(v));
        return;
    }
    meant.add(now.provokes);
    const bool again = now.where == heard_words::place::repeated;
    // A session that is resumed sends again what nobody had acknowledged (MQTT 5.0, 4.4): the vehicle's own doing.
    if (again && s.resumed.contains(index(v))) return;
    const state::oddity one{again ? anomaly::word_repeated : anomaly::word_out_of_order, request, meant, t};
    auto evidence =
        again ? fmt::format("word {} of the vehicle came again; the last new one was {}", sequence, now.before)
              : fmt::format("word {} of the vehicle came after word {}", sequence, now.before);
    if (of_open) e->had.add(one.what);
    s.note(v, one, std::move(evidence));
}

} // namespace loadsim::measure
