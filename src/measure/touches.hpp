// Which conditions touch which vehicles now.
#pragma once

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace loadsim::measure {

struct touch {
    std::uint32_t condition = 0;
    outcome_set expected;
    anomaly_set provokes;
};

/// Vehicles that nothing touches cost nothing. Threads: one. Pure.
class touches {
public:
    void begin(vehicle_id v, const touch& t) { by_vehicle_[index(v)].push_back(t); }

    /// What it meant to bring about; nothing where it did not begin.
    anomaly_set end(vehicle_id v, std::uint32_t condition) {
        const auto at = by_vehicle_.find(index(v));
        if (at == by_vehicle_.end()) return {};
        auto& all = at->second;
        const auto one = std::ranges::find(all, condition, &touch::condition);
        if (one == all.end()) return {};
        const auto provoked = one->provokes;
        all.erase(one);
        if (all.empty()) by_vehicle_.erase(at);
        return provoked;
    }

    std::span<const touch> of(vehicle_id v) const {
        const auto at = by_vehicle_.find(index(v));
        return at == by_vehicle_.end() ? std::span<const touch>{} : std::span<const touch>(at->second);
    }

    anomaly_set provoked(vehicle_id v) const {
        anomaly_set all;
        for (const auto& t : of(v)) all.add(t.provokes);
        return all;
    }

private:
    std::unordered_map<std::uint32_t, std::vector<touch>> by_vehicle_;
};

} // namespace loadsim::measure
