// Counter-based random numbers: every random choice of a run is a function of (seed, stream, key, counter).
#pragma once

#include <cstdint>

namespace loadsim {

/// Purpose of a random number. Two streams of one seed never share numbers. Changing a value changes the meaning of
/// every recorded seed: never renumber.
enum class stream_id : std::uint32_t {
    segment = 1,     ///< key: vehicle
    arrival_gap = 2, ///< key: phase, counter: arrival within it
    arrival_vehicle = 3,
    arrival_substitute = 4,
    arrival_service = 5,
    behaviour = 6,           ///< key: arrival, counter: numbers drawn by the vehicle that receives it
    reconnect = 7,           ///< key: vehicle, counter: attempt
    source_address = 8,      ///< key: block of vehicles, one block as long as the list of source addresses
    unsolicited_command = 9, ///< key: vehicle, counter: numbers drawn for commands that belong to no arrival
    condition = 10,          ///< key: vehicle, counter: condition and occurrence
    publish_loss = 11,       ///< key: vehicle, counter: its publishes
    wakeup = 12,             ///< key: vehicle, counter: wake-up triggers sent to it
    fault = 13,              ///< key: message kind and fault, counter: messages
    template_value =
        14,     ///< key: owner of the template (a vehicle, a hook request), counter: its {random:...} placeholders
    trace = 15, ///< key: arrival, counter: trace id and parent id of its request
    service_parameter = 16, ///< key: arrival, counter: parameter of the service
    trip = 17,              ///< key: vehicle, counter: its round trips, and days, trips and stops
    signal = 18,            ///< key: vehicle (or the weather), counter: properties of the vehicle, and days
    telemetry_spread = 20,  ///< key: group
    telemetry_jitter = 21,  ///< key: vehicle, counter: group and sequence number
    telemetry_alarm = 22,   ///< key: vehicle, counter: alarm and sequence number
};

/// 64 well-mixed bits. The same on every machine, thread, shard and rank.
/// Source: the finaliser of SplitMix64 (Steele, Lea, Flood 2014), chained over the words.
std::uint64_t random_bits(std::uint64_t seed, stream_id, std::uint64_t key, std::uint64_t counter) noexcept;

/// Uniform in [0, 1), 53 bits.
double random_unit(std::uint64_t seed, stream_id, std::uint64_t key, std::uint64_t counter) noexcept;

/// Uniform in [0, bound) without modulo bias worth speaking of (multiply-shift). bound > 0.
std::uint64_t random_below(std::uint64_t bound, std::uint64_t seed, stream_id, std::uint64_t key,
                           std::uint64_t counter) noexcept;

/// Sequence of random numbers with fixed (seed, stream, key) and an increasing counter.
class random_stream {
public:
    random_stream(std::uint64_t seed, stream_id s, std::uint64_t key, std::uint64_t first = 0)
        : seed_(seed), key_(key), counter_(first), stream_(s) {}

    double unit() noexcept { return random_unit(seed_, stream_, key_, counter_++); }
    /// Standard normal (Box-Muller; advances the counter by two).
    double normal() noexcept;
    std::uint64_t counter() const noexcept { return counter_; }

private:
    std::uint64_t seed_;
    std::uint64_t key_;
    std::uint64_t counter_;
    stream_id stream_;
};

/// Distribution of a random number with two values a and b.
enum class distribution_kind : std::uint8_t {
    fixed,     ///< always a
    uniform,   ///< from a to b
    normal,    ///< mean a, standard deviation b
    lognormal, ///< median a, 99th percentile b
};

/// Uses 0 (fixed), 1 (uniform) or 2 random numbers. Normal and lognormal by Box-Muller; the lognormal's sigma is
/// ln(b / a) / 2.3263478740, the 99 % point of the standard normal. NaN for a lognormal with a = 0.
double draw(distribution_kind, double a, double b, random_stream&) noexcept;

} // namespace loadsim
