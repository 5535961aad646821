// Phases of Artillery as phases of the load with the same number of arrivals.
#pragma once

#include "artillery/values.hpp"

namespace loadsim::scenario::artillery {

struct translated_phases {
    yaml_node phases;           ///< `load.phases`
    bool is_poisson = false;    ///< `load.spacing`
    double peak_rate = 0;       ///< requests per second
    std::uint64_t arrivals = 0; ///< of all phases
};

/// Without config.phases one arrival, as in Artillery. Throws unusable_script for a number that is none.
translated_phases translate_phases(const yaml_node& config, const value_translator&, note_list&);

/// Arrivals of a ramp: Artillery begins a whole number in each second, from the first rate in the first one to the last in the last.
std::uint64_t arrivals_of_ramp(double from, double to, double seconds);

/// Seconds of a number, or of a text such as "5m" or "1.5 hours"; negative: it is neither.
double seconds_of(std::string_view text);

} // namespace loadsim::scenario::artillery
