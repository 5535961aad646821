// Vehicles that re-issue stored telemetry, in the order in which they may.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstdint>
#include <set>
#include <unordered_map>
#include <utility>

namespace loadsim::fleet {

/// Shape:   memory for the vehicles in it alone. Order: by instant, then by slot.
/// Threads: one. Pure: it reads no clock.
class reissue_queue {
public:
    /// The vehicle's next message may be re-issued then; nanoseconds::max(): the vehicle waits for an event, and is left out.
    void set(std::uint32_t slot, nanoseconds at) {
        remove(slot);
        if (at == nanoseconds::max()) return;
        by_time_.emplace(at, slot);
        times_.emplace(slot, at);
    }
    void remove(std::uint32_t slot) {
        const auto known = times_.find(slot);
        if (known == times_.end()) return;
        by_time_.erase({known->second, slot});
        times_.erase(known);
    }
    nanoseconds next() const noexcept { return by_time_.empty() ? nanoseconds::max() : by_time_.begin()->first; }
    /// Removes the first vehicle. Expects: there is one.
    std::uint32_t take() {
        const auto slot = by_time_.begin()->second;
        remove(slot);
        return slot;
    }
    void clear() {
        by_time_.clear();
        times_.clear();
    }

private:
    std::set<std::pair<nanoseconds, std::uint32_t>> by_time_;
    std::unordered_map<std::uint32_t, nanoseconds> times_; ///< by slot
};

} // namespace loadsim::fleet
