// Resolved behaviour: the steps of one vehicle for one command, with branches chosen and delays sampled.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/random.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace loadsim::vehicle {

/// Resolved step.
struct resolved_step {
    step::kind type = step::kind::wait;      ///< never `choose`
    nanoseconds duration{0};                 ///< of wait, takeover and stall
    const response_step* response = nullptr; ///< of `respond`; points into the behaviour
    disconnect_kind disconnect = disconnect_kind::clean;
};

struct resolved_behaviour {
    std::vector<resolved_step> steps;
    outcome_set expected;
    const behaviour* source = nullptr; ///< whose steps they are
};

/// Resolves a behaviour for a service: chooses branches and samples delays in step order. Deterministic for equal random streams.
resolved_behaviour resolve(const behaviour&, std::string_view service, random_stream&);

/// Expected outcomes for this service and random stream; equal to resolve(...).expected, but cheaper without branches.
outcome_set expected_of(const behaviour&, std::string_view service, random_stream);

/// Random stream of the behaviour for one arrival: a function of (seed, arrival).
inline random_stream random_stream_of(std::uint64_t seed, arrival_id a) {
    return {seed, stream_id::behaviour, number(a)};
}

} // namespace loadsim::vehicle
