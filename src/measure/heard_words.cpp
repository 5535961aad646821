#include "heard_words.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::measure {

heard_words::hearing heard_words::heard(vehicle_id v, std::uint64_t sequence, anomaly_set provokes, monotonic_time at) {
    auto& its = by_vehicle_[index(v)];
    hearing now{place::next, std::exchange(its.provokes, {}), its.highest};
    if (sequence > now.before) {
        its.highest = sequence;
        provokes.add(now.provokes);
        if (sequence > now.before + 1) its.missing.push_back({v, now.before + 1, sequence - 1, provokes, at});
        return now;
    }
    const auto in =
        std::ranges::find_if(its.missing, [&](const gap& g) { return g.first <= sequence && sequence <= g.last; });
    now.where = in == its.missing.end() ? place::repeated : place::late;
    if (now.where == place::repeated) return now;
    now.provokes.add(in->provokes);
    gap after = *in;
    after.first = sequence + 1;
    in->last = sequence - 1;
    const auto next = in->first > in->last ? its.missing.erase(in) : in + 1;
    if (after.first <= after.last) its.missing.insert(next, after);
    return now;
}

void heard_words::passed(vehicle_id v, anomaly_set provokes) { by_vehicle_[index(v)].provokes.add(provokes); }

void heard_words::excuse(vehicle_id v) { ++by_vehicle_[index(v)].excused; }

std::vector<heard_words::gap> heard_words::take_missing() {
    std::vector<gap> all;
    for (auto& [v, its] : by_vehicle_)
        for (auto g : std::exchange(its.missing, {})) {
            const auto excused = std::min<std::uint64_t>(its.excused, g.last - g.first + 1);
            its.excused -= static_cast<std::uint32_t>(excused);
            g.first += excused;
            if (g.first <= g.last) all.push_back(g);
        }
    std::ranges::stable_sort(all, {}, [](const gap& g) { return index(g.vehicle); });
    return all;
}

} // namespace loadsim::measure
