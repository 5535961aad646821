// Sequence check of the responses of each vehicle: gaps, duplicates and reordering.
#pragma once

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace loadsim::measure {

/// Vehicles number their responses 1, 2, ... A missing response may still arrive late and counts as lost only at the end
/// of the run. A loss after the last received response cannot be detected.
/// Threads: one. Pure.
class sequence_tracker {
public:
    enum class sequence_verdict : std::uint8_t {
        next,         ///< a new highest number, possibly after a gap
        duplicate,    ///< received before
        out_of_order, ///< fills a gap: a later response arrived first
    };
    struct result {
        sequence_verdict verdict{};
        anomaly_set expected_anomalies;     ///< of conditions that ended since the previous response
        std::uint64_t previous_highest = 0; ///< highest number before this response; 0: none
    };
    /// `expected_anomalies`: of a gap found now. `sequence`: 1 or more.
    result record(vehicle_id, std::uint64_t sequence, anomaly_set expected_anomalies, monotonic_time);
    bool has_responses(vehicle_id v) const { return by_vehicle_.contains(index(v)); }

    /// A condition with these expected anomalies ended; they apply to the next response of the vehicle only.
    void condition_ended(vehicle_id, anomaly_set expected_anomalies);
    /// One lost response was already recorded elsewhere: its gap is not reported again.
    void forgive_gap(vehicle_id);

    struct gap {
        vehicle_id vehicle{};
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        anomaly_set expected_anomalies; ///< anomalies expected when the gap was found
        monotonic_time at{};            ///< arrival of the later response that revealed the gap
    };
    /// Remaining gaps without forgiven ones, ordered by vehicle and number. Each gap is returned once.
    std::vector<gap> take_gaps();

private:
    struct vehicle_state {
        std::uint64_t highest = 0;
        std::uint32_t forgiven = 0;
        anomaly_set expected_anomalies; ///< since the previous response
        std::vector<gap> gaps;
    };
    std::unordered_map<std::uint32_t, vehicle_state> by_vehicle_;
};

} // namespace loadsim::measure
