// The sequence of the words that came of each vehicle.
#pragma once

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace loadsim::measure {

/// Words are numbered 1, 2, ... by their vehicle. One that is missing may still come late: it is lost only when nothing more
/// can come. What follows the last word that came nobody can miss.
/// Threads: one. Pure.
class heard_words {
public:
    enum class place : std::uint8_t {
        next,     ///< as it should; or after a gap
        repeated, ///< it was heard before
        late,     ///< it fills a gap: a later one came first
    };
    struct hearing {
        place where{};
        anomaly_set provokes;     ///< what conditions meant that have passed since the word before
        std::uint64_t before = 0; ///< the highest number until now; 0: none
    };
    /// `provokes`: what is meant by who touches the vehicle now, should a gap show. `sequence`: 1 or more.
    hearing heard(vehicle_id, std::uint64_t sequence, anomaly_set provokes, monotonic_time);
    bool any_of(vehicle_id v) const { return by_vehicle_.contains(index(v)); }

    /// A condition has passed that meant this: it may show in the vehicle's next word only.
    void passed(vehicle_id, anomaly_set provokes);
    /// One word of the vehicle is known to be lost from elsewhere: its gap is not told again.
    void excuse(vehicle_id);

    struct gap {
        vehicle_id vehicle{};
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        anomaly_set provokes; ///< what was meant when it showed
        monotonic_time at{};  ///< it showed by a later word
    };
    /// What is missing for good, by vehicle and number, but for what is excused. Each gap is told once.
    std::vector<gap> take_missing();

private:
    struct of_vehicle {
        std::uint64_t highest = 0;
        std::uint32_t excused = 0;
        anomaly_set provokes; ///< since the word before
        std::vector<gap> missing;
    };
    std::unordered_map<std::uint32_t, of_vehicle> by_vehicle_;
};

} // namespace loadsim::measure
