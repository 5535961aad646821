// Random numbers of the model: their counters, and a bell-shaped number from one random number.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/random.hpp>

#include <cstdint>

namespace loadsim::telemetry {

/// What a number of stream_id::trip or stream_id::signal is for. Changing a value changes the meaning of every recorded seed.
enum class purpose : std::uint8_t {
    round_trip_length = 0, ///< trip
    round_trip_days = 1,   ///< trip
    departure = 2,         ///< trip
    charge_delay = 3,      ///< trip
    stop = 4,              ///< trip
    vehicle = 5,           ///< signal: properties
    tyres = 6,             ///< signal
    weather = 7,           ///< signal; key: weather_key
    cabin = 8,             ///< signal: by trip
};
inline constexpr std::uint64_t weather_key = ~std::uint64_t{0};

/// Counter of a number: purpose, day (-1 or later), round trip or trip, stop.
constexpr std::uint64_t counter_of(purpose p, std::int64_t day = -1, std::size_t trip = 0, std::uint64_t stop = 0) {
    return (static_cast<std::uint64_t>(p) << 56U) | (static_cast<std::uint64_t>(day + 1) << 24U) | (trip << 16U) | stop;
}

/// Sum of four uniform numbers, shifted to mean 0: bell-shaped, from -2 to 2. From one random number: a normal number of the
/// random stream costs three calls of the mathematical library, and is not bounded.
constexpr double bell(std::uint64_t bits) {
    const auto part = [bits](unsigned i) { return static_cast<double>((bits >> (16 * i)) & 0xffffU); };
    return (part(0) + part(1) + part(2) + part(3)) / 65535 - 2;
}
inline constexpr double bell_deviation = 0.57735026918962576; ///< sqrt(4 / 12)
inline constexpr double bell_p99 = 1.3000742;                 ///< 2 - (4! / 100)^(1/4)
inline constexpr double bell_most = 2;

/// i-th 16-bit part of the number, from 0 to 1.
constexpr double unit_part(std::uint64_t bits, unsigned i) {
    return static_cast<double>((bits >> (16 * i)) & 0xffffU) / 65536;
}

} // namespace loadsim::telemetry
