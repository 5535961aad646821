#include <loadsim/base/random.hpp>

#include <cmath>
#include <numbers>

namespace loadsim {
namespace {

constexpr std::uint64_t mix(std::uint64_t z) noexcept {
    z += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

} // namespace

std::uint64_t random_bits(std::uint64_t seed, stream_id s, std::uint64_t key, std::uint64_t counter) noexcept {
    return mix(mix(mix(mix(seed) ^ static_cast<std::uint64_t>(s)) ^ key) ^ counter);
}

double random_unit(std::uint64_t seed, stream_id s, std::uint64_t key, std::uint64_t counter) noexcept {
    return static_cast<double>(random_bits(seed, s, key, counter) >> 11) * 0x1.0p-53;
}

std::uint64_t random_below(std::uint64_t bound, std::uint64_t seed, stream_id s, std::uint64_t key,
                           std::uint64_t counter) noexcept {
    __extension__ using wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<wide>(random_bits(seed, s, key, counter)) * bound) >> 64);
}

double random_stream::normal() noexcept {
    const double radius = std::sqrt(-2.0 * std::log1p(-unit())); // 1 - [0,1) is never 0
    return radius * std::cos(2.0 * std::numbers::pi * unit());
}

double draw(distribution_kind what, double a, double b, random_stream& random) noexcept {
    constexpr double normal_p99 = 2.3263478740; // the 99 % point of the standard normal
    switch (what) {
    case distribution_kind::fixed: return a;
    case distribution_kind::uniform: return a + (b - a) * random.unit();
    case distribution_kind::normal: return a + b * random.normal();
    case distribution_kind::lognormal: return a * std::exp(std::log(b / a) / normal_p99 * random.normal());
    }
    return 0;
}

} // namespace loadsim
