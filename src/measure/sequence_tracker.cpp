#include "sequence_tracker.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::measure {

sequence_tracker::result sequence_tracker::record(vehicle_id v, std::uint64_t sequence, anomaly_set expected_anomalies,
                                                  monotonic_time at) {
    auto& state = by_vehicle_[index(v)];
    result check{sequence_verdict::next, std::exchange(state.expected_anomalies, {}), state.highest};
    if (sequence > check.previous_highest) {
        state.highest = sequence;
        expected_anomalies.add(check.expected_anomalies);
        if (sequence > check.previous_highest + 1)
            state.gaps.push_back({v, check.previous_highest + 1, sequence - 1, expected_anomalies, at});
        return check;
    }
    const auto in =
        std::ranges::find_if(state.gaps, [&](const gap& g) { return g.first <= sequence && sequence <= g.last; });
    check.verdict = in == state.gaps.end() ? sequence_verdict::duplicate : sequence_verdict::out_of_order;
    if (check.verdict == sequence_verdict::duplicate) return check;
    check.expected_anomalies.add(in->expected_anomalies);
    gap after = *in;
    after.first = sequence + 1;
    in->last = sequence - 1;
    const auto next = in->first > in->last ? state.gaps.erase(in) : in + 1;
    if (after.first <= after.last) state.gaps.insert(next, after);
    return check;
}

void sequence_tracker::condition_ended(vehicle_id v, anomaly_set expected_anomalies) {
    by_vehicle_[index(v)].expected_anomalies.add(expected_anomalies);
}

void sequence_tracker::forgive_gap(vehicle_id v) { ++by_vehicle_[index(v)].forgiven; }

std::vector<sequence_tracker::gap> sequence_tracker::take_gaps() {
    std::vector<gap> all;
    for (auto& [v, state] : by_vehicle_)
        for (auto g : std::exchange(state.gaps, {})) {
            const auto forgiven = std::min<std::uint64_t>(state.forgiven, g.last - g.first + 1);
            state.forgiven -= static_cast<std::uint32_t>(forgiven);
            g.first += forgiven;
            if (g.first <= g.last) all.push_back(g);
        }
    std::ranges::stable_sort(all, {}, [](const gap& g) { return index(g.vehicle); });
    return all;
}

} // namespace loadsim::measure
