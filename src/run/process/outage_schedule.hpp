// Outage schedule of the embedded broker.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/vehicle/condition.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace loadsim::run {

/// Begin and end events of all outage conditions, ordered by time. Outages do not overlap: the check of a
/// scenario refuses it.
/// Threads: one. Pure: it reads no clock.
class outage_schedule {
public:
    /// `load_duration`: no outage begins after it.
    outage_schedule(const std::vector<vehicle::condition>&, nanoseconds load_duration);

    struct outage_event {
        nanoseconds at{0}; ///< since the start of the load
        std::uint32_t condition = 0;
        std::uint32_t occurrence = 0;
        bool begins = true;
        vehicle::condition::outage_mode mode{};
        friend bool operator==(const outage_event&, const outage_event&) = default;
    };
    /// Time of the next event; nullopt: no more events.
    std::optional<nanoseconds> next() const;
    std::optional<outage_event> take_due(nanoseconds now);
    /// Drops all outages not yet begun; a current one still ends.
    void cancel_pending();

private:
    std::vector<outage_event> events_; ///< the next one last
};

} // namespace loadsim::run
