// How what the ledger has seen is written down.
#pragma once

#include "entry.hpp"

#include <loadsim/measure/record.hpp>
#include <loadsim/measure/totals.hpp>

#include <string>
#include <string_view>

namespace loadsim::measure {

/// Milliseconds since the load's start; NaN for never.
double instant_ms(monotonic_time, monotonic_time load_start);

/// UTF-8 as it is; a byte that is none, or that no person can read, as \xNN.
std::string as_text(std::string_view bytes);

/// "1.2ms", "75.3s": as a sentence tells it.
std::string length_text(nanoseconds);

struct closing {
    outcome end{};
    bool unexpected = false;
    std::string_view why;
    monotonic_time observed = never;
};

/// `vin`: of its vehicle.
request_record record_of(const entry&, const closing&, const legend&, std::string vin, monotonic_time load_start);

} // namespace loadsim::measure
