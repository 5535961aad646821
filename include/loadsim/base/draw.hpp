// Seeded draws: every random choice of a run is a function of (seed, stream, key, counter).
#pragma once

#include <cstdint>

namespace loadsim {

/// What a draw is for. Two streams of one seed never share numbers. The values are part of what
/// a seed means: never renumber one.
enum class stream : std::uint32_t {
    segment = 1,     ///< key: vehicle
    arrival_gap = 2, ///< key: phase, counter: arrival within it
    arrival_vehicle = 3,
    arrival_stride = 4,
    arrival_service = 5,
    behaviour = 6, ///< key: arrival, counter: draws of the vehicle that gets it
    reconnect = 7, ///< key: vehicle, counter: attempt
    source = 8,    ///< key: round of vehicles, as many as there are source addresses
    stray_command = 9, ///< key: vehicle, counter: draws for commands that are of no arrival
    condition = 10,    ///< key: vehicle, counter: condition and occurrence
    loss = 11,         ///< key: vehicle, counter: publishes of it
    wake = 12,         ///< key: vehicle, counter: triggers that were sent to it
    fault = 13,        ///< key: kind of message and fault, counter: messages
    text = 14,         ///< key: whose text it is (a vehicle, a call), counter: draws of its {random:...}
};

/// 64 well-mixed bits. The same on every machine, thread, shard and rank.
/// Source: the finaliser of SplitMix64 (Steele, Lea, Flood 2014), chained over the words.
std::uint64_t draw_bits(std::uint64_t seed, stream, std::uint64_t key, std::uint64_t counter) noexcept;

/// Uniform in [0, 1), 53 bits.
double draw_unit(std::uint64_t seed, stream, std::uint64_t key, std::uint64_t counter) noexcept;

/// Uniform in [0, bound) without modulo bias worth speaking of (multiply-shift). bound > 0.
std::uint64_t draw_below(std::uint64_t bound, std::uint64_t seed, stream, std::uint64_t key,
                         std::uint64_t counter) noexcept;

/// A vehicle's own sequence of draws: (seed, stream, key) fixed, the counter moves.
class draws {
public:
    draws(std::uint64_t seed, stream s, std::uint64_t key, std::uint64_t first = 0)
        : seed_(seed), key_(key), counter_(first), stream_(s) {}

    double unit() noexcept { return draw_unit(seed_, stream_, key_, counter_++); }
    /// Standard normal (Box-Muller; two draws each).
    double normal() noexcept;
    std::uint64_t counter() const noexcept { return counter_; }

private:
    std::uint64_t seed_;
    std::uint64_t key_;
    std::uint64_t counter_;
    stream stream_;
};

} // namespace loadsim
