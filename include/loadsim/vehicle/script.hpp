// A behaviour with all of its choices made: what one vehicle will do with one command.
#pragma once

#include <loadsim/base/draw.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace loadsim::vehicle {

/// One step as it will be taken.
struct action {
    step::kind what = step::kind::wait; ///< never choose
    nanoseconds lasts{0};               ///< of wait, takeover and stall
    const word* said = nullptr;         ///< of say; lives as long as the behaviour
    parting way = parting::clean;
};

struct script {
    std::vector<action> actions;
    outcome_set expected;
};

/// The steps for a service, branches chosen and delays drawn, in the order of the steps: the same draws make the same
/// script.
script resolve(const behaviour&, std::string_view service, draws&);

/// What the behaviour promises for this service and these draws; the same as resolve(...).expected, and cheaper.
outcome_set expected_of(const behaviour&, std::string_view service, draws);

/// The draws of the vehicle that gets an arrival's command: a function of (seed, arrival).
inline draws draws_of(std::uint64_t seed, arrival_id a) { return {seed, stream::behaviour, number(a)}; }

} // namespace loadsim::vehicle
