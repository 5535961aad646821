// Conditions as decisions: when each begins and ends for which vehicle, and what then changes for the vehicle and its link.
// No sockets, no clock.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>
#include <loadsim/vehicle/segment.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <vector>

namespace loadsim::fleet {

/// Begin or end of a condition on one vehicle.
struct condition_event {
    nanoseconds at{0}; ///< since the load's start
    vehicle_id vehicle{};
    std::uint32_t condition = 0; ///< index in the scenario's list
    std::uint32_t occurrence = 0;
    bool begins = true;
    nanoseconds until{0}; ///< of a begin: end time; equal to `at`: instantaneous, without an end event
    friend bool operator==(const condition_event&, const condition_event&) = default;
};

/// Condition schedule of one shard: begin and end of each condition per affected vehicle, ordered by time.
///
/// Shape:   expands one occurrence of each condition at a time into events of the affected vehicles; no conditions, no cost.
/// Threads: one. Pure: it reads no clock.
class condition_schedule {
public:
    /// `segment_names`: by index, as used in conditions. `load_duration`: no condition begins after it.
    condition_schedule(const std::vector<vehicle::condition>&, const vehicle::segmentation&,
                       const std::vector<std::string>& segment_names, std::uint64_t seed, std::uint32_t vehicle_count,
                       fleet_partition, nanoseconds load_duration);

    /// Skips events that end before `from`, except permanent ones (power_on). Call before the first pop_due().
    void skip_before(nanoseconds from) { skip_before_ = from; }

    /// Drops all begins; the ends of conditions that have begun remain.
    void cancel_pending();

    /// Expands the occurrences that begin at or before `until`, checking at most `limit` vehicles. False: incomplete.
    bool expand(nanoseconds until, std::uint64_t limit = ~std::uint64_t{0});
    /// Begin of the next unexpanded occurrence; nullopt: none.
    std::optional<nanoseconds> next_expansion() const;
    /// Time of the next event or unexpanded occurrence; nullopt: none.
    std::optional<nanoseconds> next() const;
    /// Next expanded event at or before `now`, by time; nullopt: none, or an unexpanded occurrence may precede it.
    std::optional<condition_event> pop_due(nanoseconds now);

private:
    struct pending_occurrence { ///< an unexpanded occurrence
        nanoseconds at;
        std::uint32_t condition;
        std::uint32_t occurrence;
        bool operator>(const pending_occurrence& other) const;
    };
    struct later {
        bool operator()(const condition_event& a, const condition_event& b) const;
    };
    void expand_vehicle(const pending_occurrence&, vehicle_id);

    const std::vector<vehicle::condition>& conditions_;
    const vehicle::segmentation& segments_;
    std::vector<std::vector<bool>> affected_segments_; ///< by condition and segment
    std::uint64_t seed_;
    std::uint32_t vehicle_count_;
    fleet_partition partition_;
    nanoseconds load_duration_;
    nanoseconds skip_before_{0};
    std::priority_queue<pending_occurrence, std::vector<pending_occurrence>, std::greater<>> pending_;
    std::uint64_t vehicles_checked_ = 0; ///< vehicles of the partition checked for the first of pending_
    std::priority_queue<condition_event, std::vector<condition_event>, later> events_;
};

/// Active conditions of one vehicle: their number, or their indices.
struct condition_state {
    std::uint16_t tunnels = 0;
    std::uint16_t garages = 0; ///< including gaps of handovers: the vehicle stays offline
    std::uint16_t half_open = 0;
    std::uint16_t handovers = 0; ///< so far; each moves to another source address
    bool powered_off = false;    ///< not powered on yet
    std::vector<std::uint32_t> slow;
    std::vector<std::uint32_t> lossy;
    std::vector<measure::totals::occurrence_key>
        recovering_from; ///< occurrences that made it unreachable; cleared on recovery
    friend bool operator==(const condition_state&, const condition_state&) = default;
};

/// Both directions of the link are blocked.
inline bool is_blocked(const condition_state& s) { return s.tunnels > 0 || s.half_open > 0; }
/// No connect until these conditions have ended.
inline bool is_disrupted(const condition_state& s) { return is_blocked(s) || s.garages > 0; }

/// Actions of the link, in this order.
struct link_actions {
    /// Ends the connection in this way, if there is one; then connects, unless the vehicle must stay offline.
    std::optional<vehicle::disconnect_kind> disconnect{};
    std::optional<bool> block{}; ///< blocks both directions (true), or delivers what was held back (false)
    bool shape = false;          ///< takes over the limits of all slow conditions
    bool connect = false;        ///< connects, unless the vehicle must stay offline or waits for its backoff
    bool affected = false;       ///< the vehicle counts as affected by this occurrence, until it is reachable
    friend bool operator==(const link_actions&, const link_actions&) = default;
};

/// Begin of the `index`-th condition. `has_duration`: an end follows. `reachable`: the vehicle was, so far.
link_actions begin_condition(const vehicle::condition&, std::uint32_t index, bool has_duration, bool reachable,
                             condition_state&);
link_actions end_condition(const vehicle::condition&, std::uint32_t index, condition_state&);

} // namespace loadsim::fleet
