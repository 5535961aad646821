// What observers see of a request's end: the first decides, the others confirm it or do not.
#include "ledger_state.hpp"

#include <fmt/format.h>

#include <utility>

namespace loadsim::measure {
namespace {

std::string with_reason(outcome end, std::string_view reason) {
    return reason.empty() ? std::string(to_string(end)) : fmt::format("{} ({})", to_string(end), reason);
}

constexpr std::uint32_t bit_of(std::uint32_t observer) { return 1U << observer; }

} // namespace

std::optional<ledger::state::second_end> ledger::state::second(outcome first, monotonic_time first_at,
                                                               std::uint32_t& seen_by, outcome end,
                                                               std::string_view reason, monotonic_time t,
                                                               std::uint32_t observer) {
    const bool again = (seen_by & bit_of(observer)) != 0;
    seen_by |= bit_of(observer);
    const auto later = length_text(t - first_at);
    if (first == end) {
        if (!again) return std::nullopt;
        return second_end{anomaly::end_repeated,
                          fmt::format("{} was announced again {} after the first time", to_string(end), later)};
    }
    if (again)
        return second_end{anomaly::end_contradicted, fmt::format("{} was announced {} after {}",
                                                                 with_reason(end, reason), later, to_string(first))};
    ++seen.observers[observer].disagreed;
    return second_end{anomaly::observers_disagree,
                      fmt::format("{} saw {} {} after another observer had seen {}", names.observer(observer),
                                  with_reason(end, reason), later, to_string(first))};
}

void ledger::ended(vehicle_id v, std::string_view request, outcome end, std::string_view reason, monotonic_time t,
                   std::uint32_t observer) {
    auto& s = *state_;
    ++s.seen.observers[observer].ends;
    entry* e = s.of(v);
    if (trace* shown = e == nullptr ? nullptr : request.empty() ? &e->own : s.find(*e, request)) {
        if (shown->end) {
            if (auto odd = s.second(*shown->end, shown->observed, shown->seen_by, end, reason, t, observer))
                s.note(*e, odd->what, request, t, std::move(odd->evidence));
            return;
        }
        ++s.seen.observers[observer].first;
        shown->end = end;
        shown->reason = reason;
        shown->observed = t;
        shown->seen_by = bit_of(observer);
        if (e->accepted == never) return; // the answer to the request is still to come, and is waited for
        s.judge_end(*e);
        return s.close(v, end, reason, t);
    }
    if (past_request* p = s.before(v, request)) {
        if (p->end) {
            if (auto odd = s.second(*p->end, p->observed, p->seen_by, end, reason, t, observer))
                s.note(v, {odd->what, request, p->provokes, t}, std::move(odd->evidence));
            return;
        }
        // The first: of one that we gave up, whose answer was lost, or whose command was told of as another's.
        ++s.seen.observers[observer].first;
        p->end = end;
        p->observed = t;
        p->seen_by = bit_of(observer);
        return;
    }
    s.note(v, {anomaly::end_unknown, request, {}, t},
           fmt::format("{} was announced for a request that nobody of ours made", with_reason(end, reason)));
    s.remember(v, {.request = std::string(request), .end = end, .observed = t, .seen_by = bit_of(observer)}, t);
}

} // namespace loadsim::measure
