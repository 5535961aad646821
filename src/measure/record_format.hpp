// Formatting of ledger records.
#pragma once

#include "open_request.hpp"

#include <loadsim/measure/record.hpp>
#include <loadsim/measure/totals.hpp>

#include <string>
#include <string_view>

namespace loadsim::measure {

/// Milliseconds since the load's start; NaN for never.
double instant_ms(monotonic_time, monotonic_time load_start);

/// Duration for sentences: "1.2ms", "75.3s".
std::string format_latency(nanoseconds);

struct request_completion {
    outcome final_outcome{};
    bool unexpected = false;
    std::string_view why;
    monotonic_time observed = never;
};

/// `vin`: of the vehicle of the request.
request_record make_request_record(const open_request&, const request_completion&, const labels&, std::string vin,
                                   monotonic_time load_start);

} // namespace loadsim::measure
