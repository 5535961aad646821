// The two competitors, wrk and loadsim, and the result of one run.
#pragma once

#include <cstdint>
#include <string>

namespace loadsim::bench {

struct sample {
    double requests = 0;
    double seconds = 0;
    double cpu_s = 0; ///< client process only, start-up included
    double per_second() const { return requests / seconds; }
    double cpu_us() const { return cpu_s * 1e6 / requests; } ///< per request
};

struct open_loop_sample {
    sample all;
    double lag_p50_us = 0, lag_p99_us = 0, lag_max_us = 0; ///< due to sent
    double accept_p50_us = 0, accept_p99_us = 0;           ///< due to response read
};

/// Closed loop over `connections`: both post to the same path with the same header fields. Errors: std::runtime_error when a
/// program fails or a response is not a 202.
sample run_wrk(std::uint16_t port, unsigned connections, unsigned seconds);
sample run_loadsim(std::uint16_t port, unsigned connections, unsigned seconds);
/// Open loop: `rate` evenly spaced requests per second, independent of the responses.
open_loop_sample run_loadsim_open(std::uint16_t port, unsigned connections, unsigned seconds, unsigned rate);

std::string version_of_wrk();

} // namespace loadsim::bench
