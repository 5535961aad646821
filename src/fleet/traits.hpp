// What real vehicles and those of a rehearsal have in common: facts of behaviours and of conditions.
#pragma once

#include <loadsim/base/draw.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/variables.hpp>
#include <loadsim/fleet/plan.hpp>
#include <loadsim/net/pace.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

/// Whether a trigger is lost, and how long it takes otherwise.
inline constexpr std::uint64_t draws_per_trigger = 4;
/// Of 127/8, for handovers: enough that a vehicle does not meet the connection that it has left behind.
inline constexpr std::uint32_t loopback_addresses = 250;

/// What templates find of a vehicle, but for its VIN: index, segment, data.
contract::values known_of(const plan&, vehicle_id);

/// What a vehicle says in its own words or of itself: each kind has draws of its own for {random:...}.
enum class spoken : std::uint8_t { word, presence, telemetry };
/// Where those of the n-th of a kind begin; 65,536 for each.
constexpr std::uint64_t draws_from(spoken what, std::uint64_t n) {
    return static_cast<std::uint64_t>(what) << 62U | (n << 16U & ((std::uint64_t{1} << 62U) - 1));
}

/// A vehicle says something of its request before: then it has to remember that.
bool speaks_of_previous(const std::vector<vehicle::step>&);
/// "udp" or "sms", as presence says it.
std::string_view bearer_of(const vehicle::sleep&);
/// Why its session ended, when a step of its own has ended it.
std::string_view text_of(vehicle::parting);
/// That condition is meant for the vehicle's segment.
bool is_meant(const plan&, const vehicle::condition&, vehicle_id);
/// It has no session before a condition powers it on.
bool powers_on_later(const plan&, vehicle_id);
/// Its n-th word is lost to one of these conditions.
bool is_lost(const plan&, const std::vector<std::uint32_t>& lossy, vehicle_id, std::uint32_t word);
/// All that slows a vehicle's link down together: each takes its time for every byte, and adds its delay, drawn anew.
/// `drawn`: how many such draws the vehicle has taken; it grows by those of this call.
net::pace::limits slowness(const plan&, const std::vector<std::uint32_t>& slow, vehicle_id, std::uint64_t& drawn);
/// Since the load's start: when that occurrence began.
nanoseconds beginning(const plan&, const measure::totals::occurrence_key&);

} // namespace loadsim::fleet
