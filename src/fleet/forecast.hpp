// Which of a shard's vehicles are struck by a condition, and when: all that is to come, in the order in which it comes.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/vehicle/condition.hpp>
#include <loadsim/vehicle/segment.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <vector>

namespace loadsim::fleet {

/// A condition begins to touch a vehicle, or passes.
struct turn {
    nanoseconds at{0}; ///< since the load's start
    vehicle_id vehicle{};
    std::uint32_t condition = 0; ///< index into the scenario's
    std::uint32_t occurrence = 0;
    bool begins = true;
    nanoseconds until{0}; ///< of one that begins: when it passes; equal to `at`: at once, and no turn tells so
    friend bool operator==(const turn&, const turn&) = default;
};

/// Shape:   one occurrence of each condition is laid out at a time, with those of the shard's vehicles that it strikes; a fleet
///          that nothing befalls costs nothing.
/// Threads: one. Pure: it reads no clock.
class forecast {
public:
    /// `segment_names`: by index, as conditions name them. `load`: how long it lasts; nothing begins after it.
    forecast(const std::vector<vehicle::condition>&, const vehicle::segmentation&,
             const std::vector<std::string>& segment_names, std::uint64_t seed, std::uint32_t fleet, shard_share,
             nanoseconds load);

    /// Leaves out what is over before then, but for what lasts for good (power_on). Before the first take().
    void begin_at(nanoseconds from) { from_ = from; }

    /// Nothing begins any more; what has begun passes.
    void cut();

    /// Finds whom the occurrences strike that begin by then, but looks at `most` vehicles only. False: it has not come to the end.
    bool lay_out(nanoseconds until, std::uint64_t most = ~std::uint64_t{0});
    /// When an occurrence begins that is not laid out yet; nullopt: there is none.
    std::optional<nanoseconds> next_to_lay_out() const;
    /// When something happens; nullopt: never again.
    std::optional<nanoseconds> next() const;
    /// The next turn at or before `now` of what is laid out, in order of time; nullopt: none, or one that is not laid out may come first.
    std::optional<turn> take(nanoseconds now);

private:
    struct coming { ///< an occurrence that is not laid out yet
        nanoseconds at;
        std::uint32_t condition;
        std::uint32_t occurrence;
        bool operator>(const coming& other) const;
    };
    struct later {
        bool operator()(const turn& a, const turn& b) const;
    };
    void look_at(const coming&, vehicle_id);

    const std::vector<vehicle::condition>& conditions_;
    const vehicle::segmentation& segments_;
    std::vector<std::vector<bool>> befalls_; ///< by condition and segment
    std::uint64_t seed_;
    std::uint32_t fleet_;
    shard_share share_;
    nanoseconds load_;
    nanoseconds from_{0};
    std::priority_queue<coming, std::vector<coming>, std::greater<>> coming_;
    std::uint64_t looked_at_ = 0; ///< vehicles of the share, for the first of coming_
    std::priority_queue<turn, std::vector<turn>, later> turns_;
};

} // namespace loadsim::fleet
