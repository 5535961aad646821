// The traceparent header of a request (W3C Trace Context).
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/random.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace loadsim::driver {

/// "00-<trace id>-<parent id>-01": sampled. The first half of the trace id is that of the run, so that a tracing system keeps two runs
/// with the same seed apart; the rest follows from seed and arrival.
inline std::string traceparent(std::uint64_t run_id, std::uint64_t seed, arrival_id arrival) {
    const auto trace = random_bits(seed, stream_id::trace, number(arrival), 0);
    const auto parent = random_bits(seed, stream_id::trace, number(arrival), 1);
    // An id of zeros is invalid (W3C Trace Context, 3.2.2.3 and 3.2.2.4).
    return fmt::format("00-{:016x}{:016x}-{:016x}-01", std::max<std::uint64_t>(run_id, 1), trace,
                       std::max<std::uint64_t>(parent, 1));
}

} // namespace loadsim::driver
