// Conditions as decisions: what changes for a vehicle and its link when a condition begins or ends. No sockets, no clock.
#pragma once

#include <loadsim/measure/totals.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace loadsim::fleet {

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
