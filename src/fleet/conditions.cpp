#include "conditions.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::fleet {

using kind = vehicle::condition::kind;

link_actions begin_condition(const vehicle::condition& condition, std::uint32_t index, bool has_duration,
                             bool reachable, condition_state& s) {
    const bool blocked = is_blocked(s);
    switch (condition.type) {
    case kind::tunnel:
    case kind::half_open:
        ++(condition.type == kind::tunnel ? s.tunnels : s.half_open);
        return {.block = blocked ? std::nullopt : std::optional{true}, .affected = reachable};
    case kind::garage:
    case kind::reconnect_storm:
        if (has_duration) ++s.garages;
        return {.disconnect = vehicle::disconnect_kind::abrupt, .affected = reachable};
    case kind::handover:
        if (has_duration) ++s.garages;
        ++s.handovers;
        return {.disconnect = vehicle::disconnect_kind::half_open, .affected = reachable};
    case kind::power_on: {
        const bool was_off = std::exchange(s.powered_off, false);
        return {.connect = was_off, .affected = was_off};
    }
    case kind::slow: s.slow.push_back(index); return {.shape = true};
    case kind::lossy: s.lossy.push_back(index); return {};
    case kind::outage:
    case kind::spike: break; // they do not apply to vehicles
    }
    return {};
}

link_actions end_condition(const vehicle::condition& condition, std::uint32_t index, condition_state& s) {
    const auto remove_one = [index](std::vector<std::uint32_t>& active) {
        if (const auto one = std::ranges::find(active, index); one != active.end()) active.erase(one);
    };
    switch (condition.type) {
    case kind::tunnel:
        --s.tunnels;
        if (is_blocked(s)) return {};
        return {.block = false, .connect = true}; // the session may be lost in the meantime
    case kind::half_open:
        if (--s.half_open > 0) return {};
        return {.disconnect = vehicle::disconnect_kind::half_open,
                .block = s.tunnels > 0 ? std::nullopt : std::optional{false},
                .connect = true};
    case kind::garage:
    case kind::handover: return {.connect = --s.garages == 0};
    case kind::slow: remove_one(s.slow); return {.shape = true};
    case kind::lossy: remove_one(s.lossy); return {};
    default: return {}; // instantaneous conditions have no end
    }
}

} // namespace loadsim::fleet
