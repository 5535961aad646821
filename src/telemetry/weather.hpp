// Outside temperature.
#pragma once

#include <loadsim/telemetry/trip_options.hpp>

#include <cstdint>

namespace loadsim::telemetry {

/// The same weather for the whole fleet. Threads: const, any.
class weather {
public:
    weather(const weather_options& options, std::uint64_t seed) : options_(options), seed_(seed) {}

    double mean_of(std::int64_t day) const; ///< degrees Celsius; of a calendar day, -1 or later
    double coldest_mean() const;            ///< no day has less
    double temperature_at(nanoseconds day_time) const;

private:
    weather_options options_;
    std::uint64_t seed_;
};

/// Consumption against that at 20 degrees and more.
double consumption_factor(double temperature);

} // namespace loadsim::telemetry
