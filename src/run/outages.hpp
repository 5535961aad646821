// When the embedded broker goes, and comes back.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/vehicle/condition.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace loadsim::run {

/// The outages among the conditions, in order of time. One that begins while another lasts begins when that is over.
/// Threads: one. Pure: it reads no clock.
class outages {
public:
    /// `load`: how long it lasts; nothing begins after it.
    outages(const std::vector<vehicle::condition>&, nanoseconds load);

    struct turn {
        nanoseconds at{0}; ///< since the load's start
        std::uint32_t condition = 0;
        std::uint32_t occurrence = 0;
        bool begins = true;
        vehicle::condition::outage_way way{};
        friend bool operator==(const turn&, const turn&) = default;
    };
    /// When take() has something; nullopt: never again.
    std::optional<nanoseconds> next() const;
    std::optional<turn> take(nanoseconds now);
    /// Nothing begins any more; what has begun passes.
    void cut();

private:
    std::vector<turn> turns_; ///< the next one last
};

} // namespace loadsim::run
