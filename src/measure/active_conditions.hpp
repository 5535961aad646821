// Conditions that are active on each vehicle.
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

struct active_condition {
    std::uint32_t condition = 0;
    outcome_set expected;
    anomaly_set expected_anomalies;
};

/// Stores only vehicles with an active condition. Threads: one. Pure.
class active_conditions {
public:
    void add(vehicle_id v, const active_condition& t) { by_vehicle_[index(v)].push_back(t); }

    /// Returns the expected anomalies of the condition; empty if it was not active.
    anomaly_set remove(vehicle_id v, std::uint32_t condition) {
        const auto at = by_vehicle_.find(index(v));
        if (at == by_vehicle_.end()) return {};
        auto& all = at->second;
        const auto one = std::ranges::find(all, condition, &active_condition::condition);
        if (one == all.end()) return {};
        const auto expected = one->expected_anomalies;
        all.erase(one);
        if (all.empty()) by_vehicle_.erase(at);
        return expected;
    }

    std::span<const active_condition> of(vehicle_id v) const {
        const auto at = by_vehicle_.find(index(v));
        return at == by_vehicle_.end() ? std::span<const active_condition>{}
                                       : std::span<const active_condition>(at->second);
    }

    anomaly_set expected_anomalies(vehicle_id v) const {
        anomaly_set all;
        for (const auto& t : of(v)) all.add(t.expected_anomalies);
        return all;
    }

private:
    std::unordered_map<std::uint32_t, std::vector<active_condition>> by_vehicle_;
};

} // namespace loadsim::measure
