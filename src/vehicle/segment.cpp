#include <loadsim/vehicle/segment.hpp>

#include <loadsim/base/random.hpp>

#include <algorithm>
#include <numeric>

namespace loadsim::vehicle {
namespace {

/// Stride at the golden ratio of the fleet: each position falls into the largest remaining gap, so that any range of indexes,
/// and every R-th index, contains each segment in proportion. Coprime to the fleet, so that no position repeats.
std::uint64_t even_stride(std::uint64_t fleet) {
    constexpr double golden = 0.6180339887498949;
    auto stride = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(fleet) * golden));
    while (std::gcd(stride, fleet) != 1) ++stride; // fleet + 1 is coprime at the latest
    return stride % fleet;
}

/// Largest remainder method: each segment gets its integer part; the rest goes to the largest remainders.
std::vector<std::uint32_t> sizes_of(std::uint32_t fleet, const std::vector<segment>& segments) {
    double sum = 0;
    for (const auto& s : segments) sum += s.fleet_fraction.value;
    std::vector<std::uint32_t> sizes;
    std::vector<double> remainders;
    std::uint32_t left = fleet;
    for (const auto& s : segments) {
        const double quota = sum > 0 ? s.fleet_fraction.value / sum * fleet : 0;
        const auto size = std::min(left, static_cast<std::uint32_t>(quota));
        sizes.push_back(size);
        remainders.push_back(quota - size);
        left -= size;
    }
    std::vector<std::size_t> by_remainder(segments.size());
    std::iota(by_remainder.begin(), by_remainder.end(), std::size_t{0});
    std::ranges::stable_sort(by_remainder, std::greater{}, [&](std::size_t i) { return remainders[i]; });
    for (std::size_t i = 0; left > 0; i = (i + 1) % by_remainder.size(), --left) ++sizes[by_remainder[i]];
    return sizes;
}

} // namespace

segmentation::segmentation(std::uint64_t seed, std::uint32_t fleet, const std::vector<segment>& segments)
    : fleet_(fleet), stride_(fleet == 0 ? 0 : even_stride(fleet)),
      offset_(fleet == 0 ? 0 : random_below(fleet, seed, stream_id::segment, 0, 0)) {
    if (segments.empty()) {
        ends_.push_back(fleet);
        return;
    }
    std::uint32_t end = 0;
    for (const auto size : sizes_of(fleet, segments)) ends_.push_back(end += size);
}

std::uint32_t segmentation::segment_of(vehicle_id vehicle) const noexcept {
    // Both factors are below 2^32, so the sum stays below 2^64.
    const auto position = static_cast<std::uint32_t>((index(vehicle) * stride_ + offset_) % fleet_);
    return static_cast<std::uint32_t>(std::ranges::upper_bound(ends_, position) - ends_.begin());
}

std::uint32_t segmentation::size(std::uint32_t segment) const {
    return ends_.at(segment) - (segment == 0 ? 0 : ends_[segment - 1]);
}

} // namespace loadsim::vehicle
