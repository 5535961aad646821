#include <loadsim/vehicle/segment.hpp>

#include <loadsim/base/draw.hpp>

#include <algorithm>
#include <numeric>

namespace loadsim::vehicle {
namespace {

/// A stride at the golden section of the fleet: successive places then fall into the largest gap so far, so that any
/// run of indexes, and any every-R-th of them, holds each segment in proportion. Coprime, so that no place comes twice.
std::uint64_t even_stride(std::uint64_t fleet) {
    constexpr double golden = 0.6180339887498949;
    auto stride = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(fleet) * golden));
    while (std::gcd(stride, fleet) != 1) ++stride; // fleet + 1 is coprime at the latest
    return stride % fleet;
}

/// Largest remainder: everybody gets the whole part, what is left goes to those who lost most.
std::vector<std::uint32_t> sizes_of(std::uint32_t fleet, const std::vector<segment>& segments) {
    double whole = 0;
    for (const auto& s : segments) whole += s.part.of_one;
    std::vector<std::uint32_t> sizes;
    std::vector<double> lost;
    std::uint32_t left = fleet;
    for (const auto& s : segments) {
        const double quota = whole > 0 ? s.part.of_one / whole * fleet : 0;
        const auto size = std::min(left, static_cast<std::uint32_t>(quota));
        sizes.push_back(size);
        lost.push_back(quota - size);
        left -= size;
    }
    std::vector<std::size_t> order(segments.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return lost[i]; });
    for (std::size_t i = 0; left > 0; i = (i + 1) % order.size(), --left) ++sizes[order[i]];
    return sizes;
}

} // namespace

segmentation::segmentation(std::uint64_t seed, std::uint32_t fleet, const std::vector<segment>& segments)
    : fleet_(fleet), stride_(fleet == 0 ? 0 : even_stride(fleet)),
      offset_(fleet == 0 ? 0 : draw_below(fleet, seed, stream::segment, 0, 0)) {
    if (segments.empty()) {
        ends_.push_back(fleet);
        return;
    }
    std::uint32_t end = 0;
    for (const auto size : sizes_of(fleet, segments)) ends_.push_back(end += size);
}

std::uint32_t segmentation::segment_of(vehicle_id vehicle) const noexcept {
    // Both factors are below 2^32, so the sum stays below 2^64.
    const auto place = static_cast<std::uint32_t>((index(vehicle) * stride_ + offset_) % fleet_);
    return static_cast<std::uint32_t>(std::ranges::upper_bound(ends_, place) - ends_.begin());
}

std::uint32_t segmentation::size(std::uint32_t segment) const {
    return ends_.at(segment) - (segment == 0 ? 0 : ends_[segment - 1]);
}

} // namespace loadsim::vehicle
