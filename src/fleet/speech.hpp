// A vehicle's word as a message, with everything that it gets wrong.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/contract/terms.hpp>
#include <loadsim/fleet/plan.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

class activity;

struct speaker {
    std::string vin;
    contract::values known{};        ///< what else templates find: of the vehicle, and of the command that it answers
    std::uint64_t seed = 1;          ///< of {random:...}
    std::string_view request;        ///< that it is at work on
    std::string_view response_topic; ///< that the command asks for; empty: none
    std::string_view correlation;    ///< of the command
    std::string_view previous;       ///< its request before; empty: none
    std::string_view other;          ///< one that another vehicle is at work on; empty: none
    std::string other_vin;           ///< another vehicle's
    std::int64_t wall_us = 0;        ///< the right time, since 1970
    nanoseconds clock{0};            ///< how far its own is ahead
    std::int64_t sent_us = 0;
    std::int64_t seq = 0;
};

/// The vehicle at work on that, about to say the word. `wall_us`, `seq` and `previous` are the caller's to fill in. It
/// refers to the activities: to be used before any of them ends.
speaker speaker_of(const plan&, const vehicle::word&, const activity& work,
                   const std::vector<std::unique_ptr<activity>>& all, monotonic_time now);

/// Replaces what `out` held. False: the contract's payload cannot be made of that (hex or base64 that is none).
bool utter(const contract::terms&, const vehicle::word&, const speaker&, contract::composed& out);

/// What a vehicle says of its own state ("online", "offline", "asleep"), for the `n`-th time of its shard. Otherwise as utter().
bool utter_presence(const plan&, vehicle_id, std::string_view state, std::int64_t wall_us, std::uint64_t n,
                    contract::composed& out);

} // namespace loadsim::fleet
