// A vehicle's word as bytes: its topic and its payload, with everything that it gets wrong.
#pragma once

#include <loadsim/base/time.hpp>
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
    std::string_view request;        ///< that it is at work on
    std::string_view response_topic; ///< empty: the contract's
    std::string_view previous;       ///< its request before; empty: none
    std::string_view other;          ///< one that another vehicle is at work on; empty: none
    std::string other_vin;           ///< another vehicle's
    std::int64_t wall_ms = 0;        ///< the right time
    nanoseconds clock{0};            ///< how far its own is ahead
    std::int64_t sent_us = 0;
    std::int64_t seq = 0;
};

struct utterance {
    std::string topic;
    std::string payload;
};

/// The vehicle at work on that, about to say the word. `wall_ms`, `seq` and `previous` are the caller's to fill in. It
/// refers to the activities: to be used before any of them ends.
speaker speaker_of(const plan&, const vehicle::word&, const activity& work,
                   const std::vector<std::unique_ptr<activity>>& all, monotonic_time now);

utterance utter(const vehicle::word&, const speaker&);

} // namespace loadsim::fleet
