// Ledger: completion events. The first observer decides; later ones confirm or contradict.
#include "ledger_state.hpp"

#include <fmt/format.h>

#include <utility>

namespace loadsim::measure {
namespace {

std::string with_reason(outcome end, std::string_view reason) {
    return reason.empty() ? std::string(to_string(end)) : fmt::format("{} ({})", to_string(end), reason);
}

constexpr std::uint32_t observer_bit(std::uint32_t observer) { return 1U << observer; }

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
                                 monotonic_time t, std::uint32_t observer) {
    auto& s = *state_;
    ++s.counts.observers[observer].completions;
    open_request* e = s.find_open(v);
    if (id_evidence* evidence = e == nullptr ? nullptr : request.empty() ? &e->own : s.find_evidence(*e, request)) {
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

} // namespace loadsim::measure
