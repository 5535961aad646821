// Validity of a run: whether the load generator itself was the limit, in the whole run or in some phases.
#pragma once

#include <loadsim/measure/run_result.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::verdict {

struct validity {
    std::string reason{};                     ///< sentences for which the run is invalid; empty: it is valid
    std::vector<std::uint32_t> late_phases{}; ///< of a valid run: phases that cannot be judged
    std::vector<std::string> notes{};         ///< sentences about them
};

/// A phase is late if the p99 of its lag, or of the loop delay in it, exceeds the limit: always if that of the whole run
/// does, too, else only with enough samples for a p99. A pause belongs to the phase before it, whose requests may still be
/// in flight.
/// Invalid: late phases have half of the requests that were begun, or more; or the p99 of telemetry's lag exceeds the limit;
/// or external programs failed in more than 1 % of their questions. Pure.
validity validity_of(const measure::run_result&, const measure::labels&);

} // namespace loadsim::verdict
